//! Pages and mails: minijinja over the embedded `templates/`, compiled once, one environment per
//! language. A file in the override directory replaces the embedded one of the same path; locale
//! files merge key by key. Templates come from the binary and the operator's disk alone, never from
//! a request or the database, and everything but `.txt` is escaped as HTML.
//!
//! To add a page see [`page`], a mail [`mail`], a language [`locale`], a template function [`functions`].

mod assets;
mod colour;
mod functions;
mod locale;
mod mail;
mod page;
#[doc(hidden)]
pub mod samples;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use rust_embed::RustEmbed;
use serde::Serialize;

pub use assets::{ASSET_PATH, Asset};
pub use colour::{Colour, Theme, Tones};
pub use locale::{DEFAULT_LANGUAGE, Lang, Locale, Locales};
pub use mail::Mail;
pub use page::*;

use assets::Assets;

/// The templates as they were when the binary was built.
#[derive(RustEmbed)]
#[folder = "templates/"]
#[include = "*.html"]
#[include = "*.txt"]
#[include = "locales/*.yaml"]
#[include = "static/*"]
struct Embedded;

/// What one page may cost the engine: some hundred times what the largest shipped page needs.
const FUEL: u64 = 1_000_000;
const RECURSION: usize = 120;
/// No template, locale or picture is larger.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// Why a page could not be made, or the templates not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template is wrong, or its data don't fit it.
    #[error("{}", describe(.0))]
    Template(#[from] minijinja::Error),
    /// A locale file is wrong.
    #[error("locales/{tag}.yaml: {detail}")]
    Locale {
        /// The file's language.
        tag: String,
        /// What is wrong.
        detail: String,
    },
    /// An asset of a kind that the server doesn't serve.
    #[error("static/{0}: unknown kind of file")]
    Asset(String),
    /// A file of the override directory can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A mail's subject would be more than one header line.
    #[error("a mail's subject must be one line of at most 200 bytes")]
    Subject,
}

impl Error {
    fn locale(tag: &str, detail: &str) -> Self {
        Self::Locale { tag: tag.to_owned(), detail: detail.to_owned() }
    }
}

/// The error with its causes: minijinja keeps the place in the innermost one.
fn describe(error: &minijinja::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Renders every page and mail. Built once at start and shared.
#[derive(Debug)]
pub struct Renderer {
    locales: Locales,
    /// In the order of `locales`.
    environments: Vec<Environment<'static>>,
    assets: Arc<Assets>,
}

impl Renderer {
    /// With the embedded templates and, over them, the files of a directory.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Error> {
        Self::build(overrides, false)
    }

    /// As [`new`](Self::new), but a missing text is an error rather than its key: for tests.
    pub fn strict(overrides: Option<&Path>) -> Result<Self, Error> {
        Self::build(overrides, true)
    }

    fn build(overrides: Option<&Path>, strict: bool) -> Result<Self, Error> {
        let mut files = Files::default();
        for path in Embedded::iter() {
            if let Some(file) = Embedded::get(&path) {
                files.insert(path.to_string(), file.data)?;
            }
        }
        if let Some(directory) = overrides {
            read_overrides(directory, &mut files)?;
        }
        files.compile(strict)
    }

    /// The languages.
    pub fn locales(&self) -> &Locales {
        &self.locales
    }

    /// The file below [`ASSET_PATH`]; `name` without it, hashed or plain.
    pub fn asset(&self, name: &str) -> Option<&Arc<Asset>> {
        self.assets.find(name)
    }

    /// The hashed address of an asset, e.g. of `favicon.svg`.
    pub fn asset_url(&self, name: &str) -> Option<&str> {
        self.assets.url(name)
    }

    /// The language switcher of a page in `lang`; `url` gives the page's address in a language.
    pub fn languages(&self, lang: &Lang, url: impl Fn(&Lang) -> String) -> Vec<LanguageLink> {
        let link = |locale: &Locale| LanguageLink {
            code: locale.lang().to_string(),
            name: locale.name().to_owned(),
            url: url(locale.lang()),
            current: locale.lang() == lang,
        };
        self.locales.all().iter().map(link).collect()
    }

    /// A page.
    pub fn render<V: View>(&self, page: &Page, view: &V) -> Result<String, Error> {
        self.render_parts(V::TEMPLATE, page, V::NAME, Value::from(Serde(view)))
    }

    /// A stage's page.
    pub fn stage<E: Serialize>(
        &self,
        page: &Page,
        challenge: &Challenge<'_, E>,
    ) -> Result<String, Error> {
        let template = format!("stages/{}.html", challenge.component);
        self.render_parts(&template, page, "challenge", Value::from(Serde(challenge)))
    }

    /// Is there a page for this component?
    pub fn has_stage(&self, component: &str) -> bool {
        let template = format!("stages/{component}.html");
        let environment = self.environments.first();
        component != "layout"
            && environment.is_some_and(|environment| environment.get_template(&template).is_ok())
    }

    fn render_parts(
        &self,
        template: &str,
        page: &Page,
        name: &'static str,
        data: Value,
    ) -> Result<String, Error> {
        let context = Value::from_pairs([("page", Value::from(Serde(page))), (name, data)]);
        self.render_value(template, &page.lang, context)
    }

    fn render_value(&self, template: &str, lang: &Lang, context: Value) -> Result<String, Error> {
        let environment = &self.environments[self.locales.index(lang)];
        Ok(environment.get_template(template)?.render(context)?)
    }
}

/// Everything below `templates/`, sorted by what it is.
#[derive(Default)]
struct Files {
    templates: BTreeMap<String, String>,
    locales: Vec<(String, String)>,
    assets: Assets,
}

impl Files {
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

    fn compile(self, strict: bool) -> Result<Renderer, Error> {
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

fn is_template(path: &str) -> bool {
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
