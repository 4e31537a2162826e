//! A form as a person fills it: what is hidden rides along, what is not there cannot be filled.

use reqwest::Url;
use scraper::ElementRef;

use super::page::{css, text_of};
use super::{Browser, Page};

/// A form of a page, on its way back. Pressing nothing in particular presses its first submit button.
#[derive(Clone)]
pub(crate) struct Form {
    browser: Browser,
    from: Url,
    action: Url,
    is_post: bool,
    /// Name and value of what would be sent now.
    fields: Vec<(String, String)>,
    /// Names that a person can fill or tick, with the value of a box that is ticked.
    controls: Vec<(String, String)>,
    /// Name, value and text of each submit button.
    buttons: Vec<(String, String, String)>,
    pressed: Option<usize>,
}

impl Form {
    /// The form's successful controls (HTML §4.10.21.4).
    pub(super) fn read(page: &Page, form: ElementRef<'_>) -> Self {
        let action = form.attr("action").unwrap_or_default();
        let mut this = Self {
            browser: page.browser.clone(),
            from: page.url.clone(),
            action: page.url.join(action).unwrap(),
            is_post: form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            fields: Vec::new(),
            controls: Vec::new(),
            buttons: Vec::new(),
            pressed: None,
        };
        for element in form.select(&css("input, select, textarea, button")) {
            if element.attr("disabled").is_none() {
                this.read_control(element);
            }
        }
        this
    }

    fn read_control(&mut self, element: ElementRef<'_>) {
        let name = element.attr("name").unwrap_or_default().to_owned();
        let value = element.attr("value").unwrap_or_default().to_owned();
        let kind = match element.value().name() {
            "input" => element.attr("type").unwrap_or("text"),
            "button" => element.attr("type").unwrap_or("submit"),
            other => other,
        };
        match kind {
            "submit" => self.buttons.push((name, value, text_of(element))),
            "button" | "reset" => {}
            _ if name.is_empty() => {}
            "hidden" => self.fields.push((name, value)),
            "checkbox" | "radio" => {
                let value = if value.is_empty() { "on".to_owned() } else { value };
                if element.attr("checked").is_some() {
                    self.fields.push((name.clone(), value.clone()));
                }
                self.controls.push((name, value));
            }
            "select" => {
                let chosen = element.select(&css("option[selected]")).next();
                let first = chosen.or_else(|| element.select(&css("option")).next());
                let value = first.and_then(|option| option.attr("value")).unwrap_or_default();
                self.fields.push((name.clone(), value.to_owned()));
                self.controls.push((name, String::new()));
            }
            "textarea" => {
                self.fields.push((name.clone(), element.text().collect()));
                self.controls.push((name, String::new()));
            }
            _ => {
                self.fields.push((name.clone(), value));
                self.controls.push((name, String::new()));
            }
        }
    }

    /// Types into (or chooses in) a field that a person can see.
    #[track_caller]
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        self.control(name);
        self.set(name, Some(value));
        self
    }

    /// Ticks a box.
    #[track_caller]
    pub(crate) fn tick(mut self, name: &str) -> Self {
        let value = self.control(name);
        self.set(name, Some(&value));
        self
    }

    /// Sends something that no person could: another value of any field, or none.
    pub(crate) fn tamper(mut self, name: &str, value: Option<&str>) -> Self {
        self.set(name, value);
        self
    }

    /// Presses the button that sends `name=value`.
    #[track_caller]
    pub(crate) fn press(mut self, name: &str, value: &str) -> Self {
        let at = self.buttons.iter().position(|button| (&*button.0, &*button.1) == (name, value));
        self.pressed =
            Some(at.unwrap_or_else(|| panic!("no button {name}={value}: {:?}", self.buttons)));
        self
    }

    /// Submits, and follows where it leads.
    pub(crate) async fn submit(self) -> Page {
        let browser = self.browser.clone();
        browser.follow(self.send().await).await
    }

    /// Submits, and looks at the first answer.
    pub(crate) async fn send(mut self) -> Page {
        let button = self.buttons.get(self.pressed.unwrap_or(0)).cloned();
        if let Some((name, value, _)) = button.filter(|button| !button.0.is_empty()) {
            self.fields.push((name, value));
        }
        if self.is_post {
            return self.browser.post(self.action, &self.from, &self.fields).await;
        }
        self.action.query_pairs_mut().clear().extend_pairs(&self.fields);
        self.browser.click(self.action, &self.from).await
    }

    fn set(&mut self, name: &str, value: Option<&str>) {
        self.fields.retain(|field| field.0 != name);
        self.fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    #[track_caller]
    fn control(&self, name: &str) -> String {
        let control = self.controls.iter().find(|control| control.0 == name);
        control
            .unwrap_or_else(|| panic!("a person sees no field {name}: {:?}", self.controls))
            .1
            .clone()
    }
}
