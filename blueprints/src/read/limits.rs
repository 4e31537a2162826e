//! How large a blueprint may be. Each limit is far above what a person writes and low enough that
//! a hostile file costs milliseconds.

/// Bytes of one file: 1 MiB.
pub(crate) const MAX_FILE_BYTES: u64 = 1 << 20;

/// Files of one blueprint.
pub(crate) const MAX_FILES: usize = 1_000;

/// Entries that are looked at while a folder is searched for files.
pub(crate) const MAX_FOLDER_ENTRIES: usize = 20_000;

/// Folders within folders.
pub(crate) const MAX_FOLDER_DEPTH: usize = 16;

/// Lists and mappings within each other.
pub(crate) const MAX_DEPTH: usize = 64;

/// Values of all files together, counted after aliases are expanded.
pub(crate) const MAX_NODES: usize = 200_000;

/// Bytes of a file that `!file` names: 64 KiB.
pub(crate) const MAX_SECRET_BYTES: u64 = 64 * 1024;
