//! Where the demo lives on disk: its data, and the blueprint that a newcomer edits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::app::make_private_folder;
use crate::start::StartError;

/// The blueprint as it was when the binary was built.
const BLUEPRINT: &str = include_str!("../../flows/demo.yaml");

/// The same in a checkout, where editing it edits the repository's.
const CHECKED_OUT: &str = "flows/demo.yaml";

/// The folder of one run.
pub(super) struct Home {
    /// Deleted when the demo ends.
    temporary: Option<TempDir>,
    /// The folder of the database.
    pub(super) data: PathBuf,
    /// The file to edit.
    pub(super) blueprint: PathBuf,
}

impl Home {
    /// In `data`, or in a folder that goes when the demo ends. The blueprint is that of the
    /// checkout in `working_directory`, if it is one; otherwise a copy beside the data, which is
    /// not overwritten at the next start.
    pub(super) fn open(data: Option<&Path>, working_directory: &Path) -> Result<Self, StartError> {
        let (temporary, data) = if let Some(data) = data {
            // Here already, for the blueprint; as private as the server makes it.
            make_private_folder(data)?;
            (None, data.to_path_buf())
        } else {
            let folder = tempfile::Builder::new().prefix("flowgate-demo-").tempdir()?;
            let path = folder.path().to_path_buf();
            (Some(folder), path)
        };
        let blueprint = find_or_create(&data, working_directory)?;
        Ok(Self { temporary, data, blueprint })
    }

    /// Will the data be deleted?
    pub(super) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Deletes what was made for this run alone.
    pub(super) fn close(self) -> io::Result<()> {
        self.temporary.map_or(Ok(()), TempDir::close)
    }
}

fn find_or_create(data: &Path, working_directory: &Path) -> io::Result<PathBuf> {
    if working_directory.join(CHECKED_OUT).is_file() {
        // As people write it, not as an absolute path: it is printed.
        return Ok(PathBuf::from(CHECKED_OUT));
    }
    let path = data.join("demo.yaml");
    if !path.exists() {
        fs::write(&path, BLUEPRINT)?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_copy_beside_the_data_is_kept_and_temporary_data_is_not() {
        let elsewhere = TempDir::new().unwrap();
        let home = Home::open(None, elsewhere.path()).unwrap();
        let data = home.data.clone();
        assert!(home.is_temporary());
        assert_eq!(fs::read_to_string(&home.blueprint).unwrap(), BLUEPRINT);
        home.close().unwrap();
        assert!(!data.exists());

        let data = elsewhere.path().join("data");
        let home = Home::open(Some(&data), elsewhere.path()).unwrap();
        fs::write(&home.blueprint, "edited").unwrap();
        home.close().unwrap();
        let home = Home::open(Some(&data), elsewhere.path()).unwrap();
        assert_eq!(fs::read_to_string(&home.blueprint).unwrap(), "edited");
    }

    #[test]
    fn a_checkout_is_edited_in_place() {
        let checkout = TempDir::new().unwrap();
        fs::create_dir(checkout.path().join("flows")).unwrap();
        fs::write(checkout.path().join(CHECKED_OUT), BLUEPRINT).unwrap();
        let home = Home::open(None, checkout.path()).unwrap();
        assert_eq!(home.blueprint, Path::new(CHECKED_OUT));
    }
}
