//! `flowgate serve`.

use crate::config::{Environment, Flags, Settings};
use crate::logs;
use crate::start::{self, StartError};

#[derive(Debug, clap::Args)]
#[command(next_line_help = true)]
pub(super) struct Args {
    #[command(flatten)]
    settings: Flags,
}

pub(super) fn run(args: &Args) -> Result<(), StartError> {
    let settings = Settings::resolve(&args.settings, &Environment::of_process())?;
    logs::init(&settings.log, settings.log_format);
    start::run(settings)
}
