//! The one binary: `hlincos`.
//!
//! Each command is a module; this file only reads the command line and turns results into exit
//! codes. Results go to standard output, progress and logs to standard error.

mod command;
mod connect;
mod demo;
mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Backup of hospital records that stays secret for a century.
///
/// Records are split over n independent sites; any k of them restore, fewer learn nothing.
/// Try `hlincos demo` first: it shows the whole thing on this machine in under a minute.
#[derive(Parser)]
#[command(name = "hlincos", version, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    /// Print the result as JSON on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  not done; the message says why and what to do next
  2  the command line is wrong
  3  done, but look: unreadable files, degraded bundles, or something missing
  4  something acknowledged is lost";

#[derive(Subcommand)]
enum Command {
    /// Show everything on this machine: back up, lose a site, restore, see a patient.
    Demo(demo::Args),
    /// Make a certificate authority, or issue certificates from it.
    Ca(command::ca::Args),
    /// Write a commented configuration for one role.
    Init(command::init::Args),
    /// Run a shareholder or a gateway.
    Serve(command::serve::Args),
    /// Write a synthetic SS-MIX2 store.
    Generate(command::generate::Args),
    /// Back up an SS-MIX2 store; sends only what is new, changed or renamed.
    Backup(command::backup::Args),
    /// Restore a store, or one patient's files, into a new folder.
    Restore(command::restore::Args),
    /// Show one patient's identity, allergies, prescriptions, problems and laboratory values.
    Query(command::query::Args),
    /// Open one patient's page in the browser, on this machine only.
    View(command::view::Args),
    /// Run a clinician's terminal in the browser, on this machine only.
    Terminal(command::terminal::Args),
    /// Show how the gateway, its sites and its stores are.
    Status(command::status::Args),
    /// Read everything back from every site; say what is whole, degraded or lost.
    Check(command::check::Args),
    /// Recreate the gateway's catalogue from the sites.
    Rebuild(command::rebuild::Args),
    /// Check, show and replay SS-MIX2 files on this machine.
    Ssmix(command::ssmix::Args),
    /// Make, import, watch and destroy pads of random numbers for links.
    Pad(command::pad::Args),
    /// Compute what a system would need, without building it.
    Plan(command::plan::Args),
    /// List the quantum-safe suites and their state; check that all of them work here.
    Suites(command::suites::Args),
    /// Measure what is ours beside what others made, on this machine.
    Bench(command::bench::Args),
    /// Run experiments over emulated links, a geostationary satellite among them.
    Drill(command::drill::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("HLINCOS_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("hlincos: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let json = cli.json;
    let result = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(args, json).await,
            Command::Ca(args) => command::ca::run(args, json),
            Command::Init(args) => command::init::run(&args, json),
            Command::Serve(args) => command::serve::run(args, json).await,
            Command::Generate(args) => command::generate::run(args, json),
            Command::Backup(args) => command::backup::run(args, json).await,
            Command::Restore(args) => command::restore::run(args, json).await,
            Command::Query(args) => command::query::run(args, json).await,
            Command::View(args) => command::view::run(args, json).await,
            Command::Terminal(args) => command::terminal::run(args, json).await,
            Command::Status(args) => command::status::run(args, json).await,
            Command::Check(args) => command::check::run(args, json).await,
            Command::Rebuild(args) => command::rebuild::run(args, json).await,
            Command::Ssmix(args) => command::ssmix::run(args, json),
            Command::Pad(args) => command::pad::run(&args, json),
            Command::Plan(args) => Ok(command::plan::run(&args, json)),
            Command::Suites(args) => command::suites::run(args, json),
            Command::Bench(args) => command::bench::run(args, json),
            Command::Drill(args) => command::drill::run(args, json).await,
        }
    });
    runtime.shutdown_background();
    match result {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(error) => {
            eprintln!(
                "hlincos: {}",
                output::harmless(&output::with_causes(&error))
            );
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
