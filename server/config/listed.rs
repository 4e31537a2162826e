//! The list of settings: the one source of flags, variables, keys, help and documentation.

/// What a setting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    /// Where people reach it.
    Network,
    /// What it keeps, and where.
    Storage,
    /// What it does and how it looks.
    Content,
    /// How mail leaves.
    Mail,
    /// How text messages leave.
    Text,
    /// How it runs.
    Running,
}

impl Heading {
    /// As help and documentation name it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Storage => "Storage",
            Self::Content => "Content",
            Self::Mail => "Mail",
            Self::Text => "Text messages",
            Self::Running => "Running",
        }
    }
}

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its flag without the dashes: `public-url`.
    pub name: &'static str,
    /// What its value is, in one word.
    pub value: &'static str,
    /// Its default, in words.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What it is about.
    pub heading: Heading,
}

impl Setting {
    /// Its variable: `FLOWGATE_PUBLIC_URL`.
    pub fn variable(&self) -> String {
        format!("FLOWGATE_{}", self.key().to_uppercase())
    }

    /// Its key in the file: `public_url`.
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    /// As a flag of the command line, with its other two names in its help.
    pub(crate) fn argument(&self) -> clap::Arg {
        let (variable, key) = (self.variable(), self.key());
        let names = if self.name == CONFIG.name {
            format!("[{variable}]")
        } else {
            format!("[{variable}, key {key}]")
        };
        clap::Arg::new(self.name)
            .long(self.name)
            .value_name(self.value)
            .help(format!("{}\n{names} [default: {}]", wrapped(self.help), self.default))
            .help_heading(self.heading.title())
    }
}

/// So wide is help, behind its indentation.
const WIDTH: usize = 88;

/// The text in lines of at most [`WIDTH`] characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if let Some(line) = lines.last_mut() {
            if line.is_empty() {
                line.push_str(word);
            } else if line.len() + 1 + word.len() <= WIDTH {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines.join("\n")
}

/// The setting with this name.
pub(crate) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The file in which every other setting may stand.
pub const CONFIG: Setting = Setting {
    name: "config",
    value: "FILE",
    default: "none",
    help: "A TOML file with settings. Paths in it are relative to its folder.",
    heading: Heading::Running,
};

/// Every setting but [`CONFIG`], in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "listen",
        value: "ADDRESS",
        default: "127.0.0.1:8080",
        help: "Where to listen: an IP address or `localhost`, and a port. Port 0 takes a free one.",
        heading: Heading::Network,
    },
    Setting {
        name: "public-url",
        value: "URL",
        default: "http://127.0.0.1 and the port of `listen`",
        help: "The address under which people reach it, which is also the OpenID Connect issuer: \
               https, a host and perhaps a port, nothing else. http is for loopback alone. Never \
               taken from a request.",
        heading: Heading::Network,
    },
    Setting {
        name: "trusted-proxies",
        value: "NETWORKS",
        default: "none",
        help: "The addresses of the proxies in front, as a list of networks (10.0.0.0/8, ::1), \
               separated by commas. Only theirs is the word taken for the address of a client.",
        heading: Heading::Network,
    },
    Setting {
        name: "webauthn-rp-id",
        value: "DOMAIN",
        default: "the host of `public_url`",
        help: "The domain that passkeys are bound to, for good: the host of `public_url` or a domain \
               above it. Another one makes every passkey useless. Without a domain (an IP address) \
               there are no passkeys; localhost is one.",
        heading: Heading::Network,
    },
    Setting {
        name: "webauthn-origins",
        value: "ORIGINS",
        default: "`public_url`",
        help: "The origins whose pages and apps may use passkeys, separated by commas: each on the RP \
               ID or below it, or android:apk-key-hash:… of an app.",
        heading: Heading::Network,
    },
    Setting {
        name: "webauthn-attestation-roots",
        value: "FILE",
        default: "none: attestations are not verified",
        help: "The root certificates (PEM) of the makers whose authenticators a stage with \
               `attestation: direct` takes.",
        heading: Heading::Network,
    },
    Setting {
        name: "rate-limit",
        value: "FACTOR",
        default: "on",
        help: "How much one client address (of IPv6: one /64) may ask for: at once 60 passwords, codes \
               and forms, then 2 a second; 120 logins to begin, then 4 a second; 30 answers that may \
               send a mail, then one in 4 seconds. A number multiplies all of that; `off` limits \
               nothing. Behind a proxy, name it in `trusted_proxies`, or all people count as one.",
        heading: Heading::Network,
    },
    Setting {
        name: "data",
        value: "FOLDER",
        default: "flowgate-data",
        help: "The folder for what belongs to this installation; made if need be.",
        heading: Heading::Storage,
    },
    Setting {
        name: "database",
        value: "DATABASE",
        default: "flowgate.db in `data`",
        help: "The path of an SQLite file, or postgres://USER:PASSWORD@HOST/NAME. State one with a \
               password as a variable or in the file: flags are seen by every user of the machine.",
        heading: Heading::Storage,
    },
    Setting {
        name: "secret-key-file",
        value: "FILE",
        default: "secret.key in `data`",
        help: "The key that seals secrets at rest: 64 hexadecimal digits, made at the first start. \
               Keep a copy apart from the database's: neither is of use without the other.",
        heading: Heading::Storage,
    },
    Setting {
        name: "blueprints",
        value: "PATH",
        default: "the shipped flows",
        help: "A folder of blueprints, or one: applied at start, and again whenever it changes. A \
               mistake at start ends the start; a later one is logged, and what was applied stays.",
        heading: Heading::Content,
    },
    Setting {
        name: "templates",
        value: "FOLDER",
        default: "the shipped ones",
        help: "A folder whose templates, texts and static files take the place of the shipped ones \
               of the same path.",
        heading: Heading::Content,
    },
    Setting {
        name: "default-language",
        value: "LANGUAGE",
        default: "en",
        help: "The language of people who ask for none that there is.",
        heading: Heading::Content,
    },
    Setting {
        name: "session-idle",
        value: "DURATION",
        default: "0",
        help: "After how long without use a session ends, such as 1h; 0 is never, so that it lasts as \
               long as `login` and the organisations' `session` say. Use is a request to this server: \
               who works in an app for an hour signs in again for the next one. NIST SP 800-63B-4 \
               advises 1h at AAL2 and 15m at AAL3. It holds for who asked to stay signed in, \
               too.",
        heading: Heading::Content,
    },
    Setting {
        name: "smtp-url",
        value: "URL",
        default: "none: mail stays in the outbox",
        help: "The mail server: smtps://USER@HOST (TLS, port 465), smtp+starttls://USER@HOST \
               (STARTTLS, which it must offer, port 587), or smtp://HOST (no TLS, port 25; a login only on \
               loopback).",
        heading: Heading::Mail,
    },
    Setting {
        name: "smtp-password-file",
        value: "FILE",
        default: "the password in `smtp_url`, if any",
        help: "A file with the password for the mail server.",
        heading: Heading::Mail,
    },
    Setting {
        name: "mail-from",
        value: "ADDRESS",
        default: "`Flowgate <no-reply@HOST>`, HOST from `public_url`",
        help: "The sender of mail, with or without a name: `Acme <login@acme.example>`.",
        heading: Heading::Mail,
    },
    Setting {
        name: "sms-provider",
        value: "PROVIDER",
        default: "none: nobody is offered codes by text message",
        help: "How text messages leave: twilio, http (a request that the next settings describe), or \
               outbox (they are kept and not sent, for development).",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-from",
        value: "SENDER",
        default: "none",
        help: "The sender: a number (+15005550006), a name that the provider knows, or the SID of a \
               Twilio messaging service (MG…).",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-account",
        value: "SID",
        default: "none",
        help: "twilio: the account SID (AC…).",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-secret",
        value: "SECRET",
        default: "the first line of `sms_secret_file`, if any",
        help: "twilio: the auth token. http: what `{secret}` stands for. State it as a variable: \
               flags are seen by every user of the machine.",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-secret-file",
        value: "FILE",
        default: "none",
        help: "A file with that secret.",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-url",
        value: "URL",
        default: "twilio: https://api.twilio.com",
        help: "http: where the request goes. twilio: another host of Twilio's. https; http is for \
               loopback alone. Redirects are not followed.",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-method",
        value: "METHOD",
        default: "POST",
        help: "http: POST, PUT or PATCH. GET would put the number and the code into an address, \
               which ends in logs.",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-headers",
        value: "JSON",
        default: "none",
        help: "http: further headers as a JSON object: {\"Authorization\": \"Bearer {secret}\"}. \
               `{secret}` and `{from}` have a place here.",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-body",
        value: "JSON",
        default: "none",
        help: "http: the body as a JSON object: {\"to\": \"{to}\", \"text\": \"{text}\"}. In its texts \
               `{to}` stands for the number (+15005550006), `{digits}` for its digits, `{text}` for \
               what the message says, `{from}` and `{secret}` for those settings.",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-encoding",
        value: "ENCODING",
        default: "json",
        help: "http: how the body is sent: json, or form (application/x-www-form-urlencoded).",
        heading: Heading::Text,
    },
    Setting {
        name: "sms-statuses",
        value: "NUMBERS",
        default: "every status from 200 to 299",
        help: "http: the statuses, separated by commas, by which the gateway says that it took the \
               message.",
        heading: Heading::Text,
    },
    Setting {
        name: "log",
        value: "FILTER",
        default: "info",
        help: "Which log lines to write: error, warn, info, debug or trace, for everything or by \
               part (`info,engine=debug`).",
        heading: Heading::Running,
    },
    Setting {
        name: "log-format",
        value: "FORMAT",
        default: "text",
        help: "text, or json: one object a line. Logs go to standard error.",
        heading: Heading::Running,
    },
    Setting {
        name: "workers",
        value: "NUMBER",
        default: "the processor's cores",
        help: "Threads that answer requests.",
        heading: Heading::Running,
    },
    Setting {
        name: "password-threads",
        value: "NUMBER",
        default: "the processor's cores",
        help: "Threads that hash passwords; each takes 19 MiB while it works.",
        heading: Heading::Running,
    },
];
