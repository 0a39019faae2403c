//! Octet classes of the framing grammar.

/// Whether an octet may stand in a token (RFC 9110 5.6.2).
pub(super) const fn is_token(octet: u8) -> bool {
    CLASSES[octet as usize] & TOKEN != 0
}

/// Whether an octet may stand in a field value: anything but controls, of which tab is allowed (RFC 9110 5.5).
pub(super) const fn is_value(octet: u8) -> bool {
    CLASSES[octet as usize] & VALUE != 0
}

/// Whether an octet may stand in a quoted string without a backslash before it (RFC 9110 5.6.4).
pub(super) const fn is_quotable(octet: u8) -> bool {
    is_value(octet) && octet != b'"' && octet != b'\\'
}

/// The value of a hexadecimal digit, or [`NO_DIGIT`].
pub(super) const fn hex_digit(octet: u8) -> u8 {
    HEX_DIGITS[octet as usize]
}

/// What [`hex_digit`] says of an octet that is none.
pub(super) const NO_DIGIT: u8 = 0xff;

const TOKEN: u8 = 1;
const VALUE: u8 = 2;

static CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let value = octet as u8;
        if value.is_ascii_alphanumeric()
            || matches!(
                value,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            )
        {
            table[octet] |= TOKEN;
        }
        if value == b'\t' || !value.is_ascii_control() {
            table[octet] |= VALUE;
        }
        octet += 1;
    }
    table
};

static HEX_DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = match octet as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => NO_DIGIT,
        };
        octet += 1;
    }
    table
};
