//! What pages load: the stylesheet, the script and the pictures of `templates/static/`, each under
//! an address with its content's hash, so that a browser may keep it for ever.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

use super::Error;

/// Where the server mounts the assets.
pub const ASSET_PATH: &str = "/static/";

/// A year, as RFC 9111 suggests for "for ever".
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";

/// A file to be served as it is.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The body.
    pub bytes: Cow<'static, [u8]>,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `ETag`, with its quotes.
    pub etag: String,
    /// `Cache-Control`: for ever under the hashed name, asked again under the plain one.
    pub cache_control: &'static str,
}

/// All assets, by both of their names.
#[derive(Debug, Default)]
pub(super) struct Assets {
    files: HashMap<String, Arc<Asset>>,
    urls: HashMap<String, String>,
}

impl Assets {
    /// Adds a file, or replaces the one of the same name.
    pub(super) fn insert(&mut self, name: &str, bytes: Cow<'static, [u8]>) -> Result<(), Error> {
        let (stem, extension) =
            name.rsplit_once('.').ok_or_else(|| Error::Asset(name.to_owned()))?;
        let content_type = content_type(extension).ok_or_else(|| Error::Asset(name.to_owned()))?;
        let digest = HEXLOWER.encode(digest(&SHA256, &bytes).as_ref());
        let hash = &digest[..12];
        let hashed = format!("{stem}.{hash}.{extension}");
        let asset =
            Asset { bytes, content_type, etag: format!("\"{hash}\""), cache_control: REVALIDATE };
        let kept = Asset { cache_control: FOR_EVER, ..asset.clone() };
        if let Some(old) = self.urls.insert(name.to_owned(), format!("{ASSET_PATH}{hashed}")) {
            self.files.remove(&old[ASSET_PATH.len()..]);
        }
        self.files.insert(name.to_owned(), Arc::new(asset));
        self.files.insert(hashed, Arc::new(kept));
        Ok(())
    }

    /// The file of a name below [`ASSET_PATH`], hashed or plain.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<Asset>> {
        self.files.get(name)
    }

    /// The address to link to.
    pub(super) fn url(&self, name: &str) -> Option<&str> {
        self.urls.get(name).map(String::as_str)
    }

    pub(super) fn urls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.urls.iter().map(|(name, url)| (name.as_str(), url.as_str()))
    }
}

fn content_type(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_hashed_name_follows_the_content_and_is_kept_for_ever() {
        let mut assets = Assets::default();
        assets.insert("a.css", Cow::Borrowed(b"one")).unwrap();
        let first = assets.url("a.css").unwrap().to_owned();
        let kept = assets.find(first.strip_prefix(ASSET_PATH).unwrap()).unwrap();
        assert_eq!(kept.cache_control, FOR_EVER);
        assert_eq!(assets.find("a.css").unwrap().cache_control, REVALIDATE);

        assets.insert("a.css", Cow::Borrowed(b"two")).unwrap();
        assert_ne!(assets.url("a.css").unwrap(), first);
        assert!(assets.find(first.strip_prefix(ASSET_PATH).unwrap()).is_none());
        assert_eq!(&*assets.find("a.css").unwrap().bytes, b"two");
    }

    #[test]
    fn a_file_of_unknown_kind_is_refused() {
        for name in ["a.html", "a", "a.exe"] {
            assert!(Assets::default().insert(name, Cow::Borrowed(b"")).is_err());
        }
    }
}
