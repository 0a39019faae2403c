//! Files of a directory, served as they are.

mod answer;
mod directory;
mod media_type;
mod path;
mod root;

pub use directory::Directory;
pub(crate) use directory::DirectoryError;
