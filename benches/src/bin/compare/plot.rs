//! Lines over a logarithmic axis, as SVG that is readable on light and on dark.

use std::fmt::{self, Write};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 60.0;
/// Room for a number below the axis.
const LABEL: f64 = 40.0;

/// Some lines and what they show.
#[derive(Debug)]
pub(crate) struct Plot<'a> {
    /// What it is about.
    pub(crate) title: &'a str,
    /// What goes to the right, in its unit.
    pub(crate) across: &'a str,
    /// What goes up, in its unit.
    pub(crate) up: &'a str,
    /// How far apart things are, upwards.
    pub(crate) scale: Scale,
    /// Names, and points from left to right.
    pub(crate) lines: Vec<(&'a str, Vec<(f64, f64)>)>,
}

/// How an axis goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// From zero.
    Linear,
    /// By powers of ten.
    Logarithmic,
}

impl Plot<'_> {
    /// The picture.
    ///
    /// # Errors
    /// None: text has room.
    pub(crate) fn svg(&self) -> Result<String, fmt::Error> {
        let points = || self.lines.iter().flat_map(|(_, points)| points.iter().copied());
        let (low_x, high_x) = bounds(points().map(|(x, _)| position(x, Scale::Logarithmic)));
        let (low_y, high_y) = match self.scale {
            Scale::Linear => (0.0, points().map(|(_, y)| y).fold(0.0, f64::max).max(f64::MIN_POSITIVE) * 1.08),
            Scale::Logarithmic => {
                let (low, high) = bounds(points().map(|(_, y)| position(y, self.scale)));
                (low.floor(), high.ceil())
            }
        };
        let x = |value: f64| {
            let share = (position(value, Scale::Logarithmic) - low_x) / (high_x - low_x).max(1e-9);
            LEFT + share * (WIDTH - LEFT - RIGHT)
        };
        let y = |value: f64| {
            let share = (position(value, self.scale) - low_y) / (high_y - low_y).max(1e-9);
            HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        };

        let mut svg = String::new();
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
             <title>{title}</title>\n{STYLE}\n<text class=\"title\" x=\"16\" y=\"26\">{title}</text>\n\
             <text class=\"note\" x=\"16\" y=\"46\">{}</text>\n\
             <text class=\"note\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            self.up,
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 14.0,
            self.across,
            title = self.title,
        )?;
        for value in self.ticks(low_y, high_y) {
            writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{height:.1}\" y2=\"{height:.1}\"/>\
                 <text class=\"note\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y(value) + 4.0,
                short(value),
                height = y(value),
            )?;
        }
        let mut across: Vec<f64> = points().map(|(x, _)| x).collect();
        across.sort_by(f64::total_cmp);
        across.dedup();
        let mut free_from = 0.0;
        for value in across {
            let (place, height) = (x(value), HEIGHT - BOTTOM + 20.0);
            if place < free_from {
                continue;
            }
            free_from = place + LABEL;
            writeln!(
                svg,
                "<text class=\"note\" x=\"{place:.1}\" y=\"{height}\" text-anchor=\"middle\">{}</text>",
                short(value)
            )?;
        }
        for (place, (name, points)) in self.lines.iter().enumerate() {
            let corners: Vec<_> = points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
            let class = place % 4;
            writeln!(svg, "<polyline class=\"line c{class}\" points=\"{}\"/>", corners.join(" "))?;
            for point in points {
                writeln!(
                    svg,
                    "<circle class=\"c{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                    x(point.0),
                    y(point.1)
                )?;
            }
            let height = TOP + 20.0 * place as f64;
            let right = WIDTH - RIGHT + 12.0;
            writeln!(
                svg,
                "<line class=\"line c{class}\" x1=\"{right}\" x2=\"{}\" y1=\"{height}\" y2=\"{height}\"/>\
                 <text x=\"{}\" y=\"{}\">{name}</text>",
                right + 20.0,
                right + 28.0,
                height + 4.0,
            )?;
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }

    fn ticks(&self, low: f64, high: f64) -> Vec<f64> {
        match self.scale {
            Scale::Logarithmic => (low as i32..=high as i32).map(|power| 10_f64.powi(power)).collect(),
            Scale::Linear => {
                // One, two or five times a power of ten, so that there are at most eight.
                let power = 10_f64.powf((high / 8.0).log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| high / step <= 8.0);
                let step = step.unwrap_or(high);
                (0..=8).map(|times| f64::from(times) * step).take_while(|value| *value <= high).collect()
            }
        }
    }
}

/// Colours for both backgrounds; the picture itself has none.
const STYLE: &str = "<style>text{fill:#1f2328}.title{font-size:17px;font-weight:600}.note{fill:#59636e}\
    .grid{stroke:#818b98;stroke-opacity:.3}.line{fill:none;stroke-width:2}\
    .c0{stroke:#0969da}.c1{stroke:#bc4c00}.c2{stroke:#1a7f37}.c3{stroke:#8250df}circle{fill:none}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}\
    .c0{stroke:#4493f8}.c1{stroke:#db6d28}.c2{stroke:#3fb950}.c3{stroke:#ab7df8}}</style>";

fn position(value: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Linear => value,
        // Nothing has its place left of one.
        Scale::Logarithmic => value.max(0.1).log10(),
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

fn short(value: f64) -> String {
    match value {
        value if value >= 1_048_576.0 && value % 1_048_576.0 == 0.0 => format!("{} Mi", value / 1_048_576.0),
        value if value >= 1_024.0 && value % 1_024.0 == 0.0 => format!("{} Ki", value / 1_024.0),
        value if value >= 1e6 => format!("{} M", value / 1e6),
        value if value >= 1e3 => format!("{} k", value / 1e3),
        value => format!("{}", (value * 100.0).round() / 100.0),
    }
}
