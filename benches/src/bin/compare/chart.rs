//! The bar chart, as SVG that is readable on light and on dark.

use std::fmt::{self, Write};

use crate::measure::Results;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 70.0;
const BAR: f64 = 24.0;
const STEP: f64 = 34.0;

/// Requests a second with the first workload, the highest first.
///
/// # Errors
/// None: text has room.
pub(crate) fn bars(results: &Results) -> Result<String, fmt::Error> {
    let rate = |server: &crate::measure::ServerResults| server.outcomes.first()?.median(|measured| measured.rate);
    let mut bars: Vec<_> =
        results.servers.iter().filter_map(|server| Some((server.server.title, rate(server)?))).collect();
    bars.sort_by(|left, right| right.1.total_cmp(&left.1));
    let highest = bars.first().map_or(1.0, |bar| bar.1);
    let height = TOP + STEP * bars.len() as f64 + 20.0;

    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"14\">\n\
         <title>Requests a second on one core</title>\n{STYLE}\n\
         <text class=\"title\" x=\"16\" y=\"28\">Requests a second on one core</text>\n\
         <text class=\"note\" x=\"16\" y=\"50\">{}</text>",
        results.workloads.first().map(|workload| workload.name.as_str()).unwrap_or_default()
    )?;
    for (place, (title, rate)) in bars.iter().enumerate() {
        let y = TOP + STEP * place as f64;
        let width = ((WIDTH - LEFT - RIGHT) * rate / highest).max(1.0);
        let class = match *title {
            title if title.starts_with("pronto") => "ours",
            title if title.starts_with("null") => "bound",
            _ => "peer",
        };
        let text = y + BAR * 0.7;
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{text:.1}\" text-anchor=\"end\">{title}</text>\n\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"3\"/>\n\
             <text class=\"note\" x=\"{:.1}\" y=\"{text:.1}\">{}</text>",
            LEFT - 10.0,
            LEFT + width + 8.0,
            short(*rate)
        )?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Colours for both backgrounds; the picture itself has none.
const STYLE: &str = "<style>text{fill:#1f2328}.title{font-size:18px;font-weight:600}.note{fill:#59636e}.ours{fill:#0969da}\
    .bound{fill:none;stroke:#818b98;stroke-dasharray:4 3}.peer{fill:#afb8c1}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}.ours{fill:#4493f8}.peer{fill:#545d68}}</style>";

fn short(rate: f64) -> String {
    if rate >= 1e6 { format!("{:.2} million", rate / 1e6) } else { format!("{:.0} thousand", rate / 1e3) }
}
