//! Where templates, texts and assets come from: the binary and, over it, the override directory.
//! Everything is read and compiled at start; nothing is looked up on disk while serving.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use rust_embed::RustEmbed;

use super::assets::Assets;
use super::locales::Locales;
use super::{Error, Renderer, functions};

/// The templates as they were when the binary was built.
#[derive(RustEmbed)]
#[folder = "templates/"]
#[include = "*.html"]
#[include = "*.txt"]
#[include = "locales/*.yaml"]
#[include = "static/*"]
pub(super) struct Embedded;

/// What one page may cost the engine: some hundred times what the largest shipped page needs.
const FUEL: u64 = 1_000_000;
const RECURSION: usize = 120;
/// No template, locale or picture is larger.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// Everything below `templates/`, sorted by what it is.
#[derive(Default)]
pub(super) struct Files {
    templates: BTreeMap<String, String>,
    locales: Vec<(String, String)>,
    assets: Assets,
}

impl Files {
    /// The embedded files and, over them, those of a directory.
    pub(super) fn read(overrides: Option<&Path>) -> Result<Self, Error> {
        let mut files = Self::default();
        for path in Embedded::iter() {
            if let Some(file) = Embedded::get(&path) {
                files.insert(path.to_string(), file.data)?;
            }
        }
        if let Some(directory) = overrides {
            read_overrides(directory, &mut files)?;
        }
        Ok(files)
    }

    /// Adds a file, or replaces the one of the same path. Files of other kinds (a README beside
    /// the overrides) are none of ours.
    fn insert(&mut self, path: String, bytes: Cow<'static, [u8]>) -> Result<(), Error> {
        if let Some(name) = path.strip_prefix("static/") {
            return self.assets.insert(name, bytes);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let locale = path.strip_prefix("locales/").and_then(|name| name.strip_suffix(".yaml"));
        if let Some(tag) = locale {
            self.locales.push((tag.to_owned(), text(&bytes)));
        } else if is_template(&path) {
            self.templates.insert(path, text(&bytes));
        }
        Ok(())
    }

    /// Compiles every template, once for all languages.
    pub(super) fn compile(self, strict: bool) -> Result<Renderer, Error> {
        let assets = Arc::new(self.assets);
        let mut base = Environment::new();
        base.set_auto_escape_callback(|name| {
            let is_text = Path::new(name).extension().is_some_and(|extension| extension == "txt");
            if is_text { AutoEscape::None } else { AutoEscape::Html }
        });
        base.set_undefined_behavior(UndefinedBehavior::Strict);
        base.set_fuel(Some(FUEL));
        base.set_recursion_limit(RECURSION);
        add_asset_function(&mut base, &assets);
        for (name, source) in self.templates {
            base.add_template_owned(name, source)?;
        }
        add_icon_function(&mut base)?;
        let locales = Locales::parse(&self.locales)?;
        let environments = locales.all().iter().map(|locale| {
            // Compiled templates are shared between the copies.
            let mut environment = base.clone();
            functions::register(&mut environment, locale, strict);
            environment
        });
        let environments = environments.collect();
        Ok(Renderer { locales, environments, assets })
    }
}

/// A page, a mail or a part of one.
pub(super) fn is_template(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("html" | "txt"))
}

fn add_asset_function(environment: &mut Environment<'static>, assets: &Assets) {
    let urls = assets.urls().map(|(name, url)| (name.to_owned(), Value::from(url)));
    let urls: BTreeMap<String, Value> = urls.collect();
    environment.add_function("asset", move |name: Value| {
        let url = name.as_str().and_then(|name| urls.get(name));
        url.cloned().ok_or_else(|| {
            minijinja::Error::new(
                minijinja::ErrorKind::InvalidOperation,
                format!("no asset `{name}`"),
            )
        })
    });
}

/// `icon(name)`: what the macro of `components/icon.html` draws for each of its `paths`, drawn once.
fn add_icon_function(environment: &mut Environment<'static>) -> Result<(), Error> {
    let icons = draw_icons(environment)?;
    environment.add_function("icon", move |name: Value| {
        let icon = name.as_str().and_then(|name| icons.get(name));
        icon.cloned().ok_or_else(|| {
            let detail = format!("no icon `{name}`");
            minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, detail)
        })
    });
    Ok(())
}

fn draw_icons(environment: &Environment<'static>) -> Result<BTreeMap<String, Value>, Error> {
    let template = environment.get_template("components/icon.html")?;
    let mut captured = template.render_captured(Value::from(()))?;
    let icons = captured.with_state_mut(|state| {
        let names = state.lookup("paths").unwrap_or_default();
        let icons = names.try_iter()?.map(|name| {
            let icon = state.call_macro("icon", std::slice::from_ref(&name))?;
            Ok((name.to_string(), Value::from_safe_string(icon)))
        });
        icons.collect::<Result<_, minijinja::Error>>()
    })?;
    Ok(icons)
}

fn read_overrides(directory: &Path, files: &mut Files) -> Result<(), Error> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = directory.join(&folder);
        let failed = |source| Error::Read { path: path.clone(), source };
        let mut entries = std::fs::read_dir(&path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let inner = folder.join(name);
            let meta = std::fs::metadata(entry.path()).map_err(failed)?;
            if meta.is_dir() && inner.components().count() < 4 {
                folders.push(inner);
            } else if meta.is_file() {
                read_override(directory, &inner, files)?;
            }
        }
    }
    Ok(())
}

fn read_override(directory: &Path, inner: &Path, files: &mut Files) -> Result<(), Error> {
    let path = directory.join(inner);
    let read = || {
        if std::fs::metadata(&path)?.len() > MAX_FILE_BYTES {
            return Err(std::io::Error::other("larger than 2 MiB"));
        }
        std::fs::read(&path)
    };
    let bytes = read().map_err(|source| Error::Read { path: path.clone(), source })?;
    let names = inner.iter().map(|name| name.to_string_lossy().into_owned());
    let name = names.collect::<Vec<_>>().join("/");
    files.insert(name, Cow::Owned(bytes))
}
