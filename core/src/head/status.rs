/// A status code (RFC 9110 15), 100 to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(u16);

impl Status {
    /// 200
    pub const OK: Self = Self(200);
    /// 400
    pub const BAD_REQUEST: Self = Self(400);

    /// The status of this code, or `None` outside 100 to 999.
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 100 && code <= 999 {
            Some(Self(code))
        } else {
            None
        }
    }

    /// The code as a number.
    pub const fn code(self) -> u16 {
        self.0
    }
}
