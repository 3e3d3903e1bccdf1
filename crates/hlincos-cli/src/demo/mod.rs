//! `hlincos demo`: the main job, end to end, with real processes on this machine.

mod compare;
mod folder;
mod links;
mod processes;
mod report;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use hlincos_authority::{Authority, IssueRequest, RootKind};
use hlincos_pki::{HcRole, Identity, Role, SignatureAlgorithm};
use hlincos_proto::gateway::{GatewayClient, PatientRequest, RestoreRequest};

use crate::command::{backup, generate, init, query, restore};
use crate::connect::ClientConfig;
use crate::output::Outcome;
use folder::DemoFolder;
use links::{Links, Plan};
use processes::Process;
use report::{Report, Teller};

/// The sites of 2019, then as many more as asked for.
const SITES: [&str; 3] = ["osaka", "nagoya", "otemachi"];
const LABEL: &str = "demo";

/// Show everything on this machine.
///
/// Makes a certificate authority, starts the sites and a gateway as processes of their own on
/// loopback, backs a store up, backs it up again, kills one site and deletes its data, restores
/// everything from the others, compares it byte for byte, and shows one patient.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    what: generate::What,
    /// Back up this SS-MIX2 store instead of a synthetic one; it is only read.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["profile", "patients", "facilities", "files_per_patient", "mb_per_patient", "seed", "defects"])]
    store: Option<PathBuf>,
    /// The patient to show; the first one of the store when absent.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Sites that restore.
    #[arg(short, long, default_value_t = 2)]
    k: u8,
    /// Sites.
    #[arg(short, long, default_value_t = 3)]
    n: u8,
    /// What protects the links between the gateway and the sites. Pads and QKD keys of a demo come
    /// from generators, and their grade says so.
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    links: Links,
    /// A site that answers wrong shares: a first restore corrects and names it, then it is the
    /// one that is lost.
    #[arg(long, value_name = "SITE")]
    lying_site: Option<String>,
    /// Open no browser and end when done.
    #[arg(long)]
    headless: bool,
    /// The folder for everything; one left by an earlier demo is replaced.
    #[arg(long, default_value = "hlincos-demo", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let finished = tokio::select! {
        finished = steps(&args, json) => finished?,
        _ = tokio::signal::ctrl_c() => {
            // Dropping the steps kills the processes.
            bail!("stopped; no process is left behind")
        }
    };
    if let Some(page) = finished.page.as_ref().filter(|_| !args.headless) {
        show(page, finished.folder.path()).await?;
    }
    Ok(Outcome::Done)
}

/// What is left when all steps went well; dropping it ends the processes.
struct Finished {
    page: Option<String>,
    folder: DemoFolder,
    _system: System,
}

async fn steps(args: &Args, json: bool) -> anyhow::Result<Finished> {
    let folder = DemoFolder::make(&args.dir)?;
    let mut tell = Teller::new(!json);
    let mut report = Report::default();

    let store = prepare_store(args, folder.path(), &mut tell, json)?;
    let mut system = System::start(args, folder.path(), &store, &mut tell).await?;
    let agent = ClientConfig::read(&folder.path().join("agent/agent.toml"))?;
    let gateway = agent.connect()?;

    tell.step("back up the store");
    let what = backup::What {
        store: &store,
        label: LABEL,
        state: &agent.state,
        transactions: &[],
        resend: false,
        allow_empty: false,
    };
    let first = backup::back_up(&gateway, &what, !json).await?;
    tell.done(&format!(
        "{} files of {} patients, {:.0} files/s, {:.1} MB/s",
        first.report.files, first.report.patients, first.files_per_s, first.mb_per_s
    ));
    tell.step("back it up again: only what changed is sent");
    let second = backup::back_up(&gateway, &what, !json).await?;
    tell.done(&format!("{} files sent", second.report.files_sent));
    report.add_backups(&first, &second);

    let lost = match &args.lying_site {
        Some(liar) => {
            tell.step(&format!("restore while site {liar} answers wrong shares"));
            let timed =
                restore_to(&gateway, &folder.path().join("restored-from-liar"), json).await?;
            report.add_culprits(&timed.report.summary);
            let same = compare::trees(&store, &folder.path().join("restored-from-liar"))?;
            if !same.is_identical() {
                bail!("with a lying site the restored store differs: {same}");
            }
            tell.done(&format!(
                "identical; named as wrong: {}",
                report.culprits.join(", ")
            ));
            liar.clone()
        }
        None => system
            .sites
            .last()
            .expect("a roster has sites")
            .name
            .clone(),
    };

    tell.step(&format!("lose site {lost}: SIGKILL, data deleted"));
    system.lose(&lost)?;
    report.sites_lost = 1;
    tell.done("gone");

    tell.step("restore the whole store from the other sites");
    let restored = folder.path().join("restored");
    let timed = restore_to(&gateway, &restored, json).await?;
    if !timed.complete {
        bail!("the restore is not complete: {:?}", timed.report.summary);
    }
    tell.done(&format!(
        "{:.0} files/s, {:.1} MB/s",
        timed.files_per_s, timed.mb_per_s
    ));
    report.add_restore(&timed);

    tell.step("compare every name, byte and empty folder");
    let same = compare::trees(&store, &restored)?;
    report.restore_identical = same.is_identical();
    if !same.is_identical() {
        bail!("the restored store differs: {same}");
    }
    tell.done(&format!("identical: {same}"));

    let terminal = ClientConfig::read(&folder.path().join("terminal/terminal.toml"))?.connect()?;
    let page = match wanted_patient(args, &store) {
        Some(request) => {
            tell.step("query one patient");
            let started = Instant::now();
            let patient = query::fetch(&terminal, &request).await?;
            report.query_ms = Some(started.elapsed().as_secs_f64() * 1e3);
            tell.done(&patient.one_line());
            Some(patient.page())
        }
        None => None,
    };
    let operator = ClientConfig::read(&folder.path().join("operator/operator.toml"))?.connect()?;
    report.add_links(&operator.status().await?);
    report.finish(json);
    Ok(Finished {
        page,
        folder,
        _system: system,
    })
}

/// Generates a store, or takes the one that was named.
fn prepare_store(
    args: &Args,
    folder: &Path,
    tell: &mut Teller,
    json: bool,
) -> anyhow::Result<PathBuf> {
    if let Some(store) = &args.store {
        std::fs::read_dir(store)
            .with_context(|| format!("the store {} cannot be read", store.display()))?;
        return Ok(store.clone());
    }
    tell.step(&format!(
        "write a synthetic store of {} patients",
        args.what.patients
    ));
    let store = folder.join("store");
    let made = generate::generate_timed(&args.what, &store, !json)?;
    tell.done(&format!(
        "{} files, {:.1} MB",
        made.files,
        made.bytes as f64 / 1e6
    ));
    Ok(store)
}

async fn restore_to(
    gateway: &GatewayClient,
    dir: &Path,
    json: bool,
) -> anyhow::Result<restore::Timed> {
    let request = RestoreRequest {
        store: LABEL.into(),
        generation: None,
        patient: None,
        losses: false,
    };
    restore::restore_timed(gateway, &request, dir, !json).await
}

fn wanted_patient(args: &Args, store: &Path) -> Option<PatientRequest> {
    match &args.patient {
        Some(patient) => Some(PatientRequest {
            facility: None,
            patient: patient.clone(),
            purpose: Some("demo".into()),
        }),
        None => {
            let (facility, patient) = hlincos_agent::first_patient(store)?;
            Some(PatientRequest {
                facility: Some(facility),
                patient,
                purpose: Some("demo".into()),
            })
        }
    }
}

/// Serves the page until Ctrl-C; the system stays up, to be tried by hand.
async fn show(page: &str, folder: &Path) -> anyhow::Result<()> {
    let viewer = hlincos_terminal::Viewer::start(page.to_owned()).await?;
    let url = viewer.url();
    eprintln!("\n  the patient's page: {url}");
    eprintln!(
        "  the system is up: hlincos status --config {}",
        folder.join("operator/operator.toml").display()
    );
    eprintln!("  Ctrl-C ends the demo");
    crate::command::view::open_browser(&url);
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    viewer.serve_until(stop).await?;
    Ok(())
}

/// The processes of a demo; dropping them kills them.
struct System {
    sites: Vec<Site>,
    _gateway: Process,
    /// Its key managers.
    _plan: Plan,
}

struct Site {
    name: String,
    folder: PathBuf,
    process: Option<Process>,
}

impl System {
    async fn start(
        args: &Args,
        folder: &Path,
        store: &Path,
        tell: &mut Teller,
    ) -> anyhow::Result<Self> {
        let names: Vec<String> = (0..usize::from(args.n))
            .map(|at| {
                SITES
                    .get(at)
                    .map_or_else(|| format!("site-{}", at + 1), ToString::to_string)
            })
            .collect();
        if let Some(liar) = args
            .lying_site
            .as_ref()
            .filter(|liar| !names.contains(liar))
        {
            bail!(
                "--lying-site {liar}: there is no such site; there are {}",
                names.join(", ")
            );
        }
        tell.step("make a certificate authority, certificates and configurations");
        let ca = folder.join("ca");
        let algorithm = SignatureAlgorithm::MlDsa65;
        let kind = RootKind::new(algorithm).map_err(|_| anyhow!("no root of {algorithm}"))?;
        let authority = Authority::init(&ca, "H-LINCOS demo root", kind, None)?;
        let issue = |role: Role, name: &str, dir: &str| -> anyhow::Result<PathBuf> {
            let out = folder.join(dir);
            let identity = Identity {
                role,
                name: name.parse()?,
            };
            let roles: Vec<HcRole> = HcRole::from_english("Medical Doctor").into_iter().collect();
            let request = IssueRequest {
                identity: &identity,
                algorithm,
                roles: if role == Role::Clinician { &roles } else { &[] },
                institution: None,
                lifetime: Duration::from_secs(30 * 86_400),
                issuer: None,
                passphrase: None,
            };
            authority.issue(request, &out)?;
            Ok(out)
        };
        let mut sites = Vec::new();
        for name in &names {
            let dir = issue(Role::Shareholder, name, &format!("site-{name}"))?;
            let config = init::shareholder(&dir, name, "127.0.0.1:0")?;
            if args.lying_site.as_ref() == Some(name) {
                let mut text = std::fs::read_to_string(&config)?;
                text.push_str("danger_lie = true\n");
                std::fs::write(&config, text)?;
            }
            sites.push(Site {
                name: name.clone(),
                folder: dir,
                process: None,
            });
        }
        let plan = Plan::start(args.links, folder, &names, compare::bytes_of(store)?).await?;
        for (at, site) in sites.iter().enumerate() {
            let config = site.folder.join("shareholder.toml");
            plan.configure_site(at, &site.name, &config)?;
        }
        let gateway = issue(Role::Gateway, "gateway", "gateway")?;
        let agent = issue(Role::Agent, "hospital", "agent")?;
        let terminal = issue(Role::Clinician, "doctor", "terminal")?;
        let operator = issue(Role::Operator, "operator", "operator")?;
        tell.done(&format!("in {}", folder.display()));

        tell.step(&format!(
            "start {} sites and a gateway, each a process",
            names.len()
        ));
        let (mut addresses, mut frames) = (Vec::new(), Vec::new());
        for site in &mut sites {
            let config = site.folder.join("shareholder.toml");
            let process = Process::start("shareholder", &config, &site.folder).await?;
            addresses.push((site.name.clone(), process.address().to_owned()));
            frames.push(process.frames().into_iter().next());
            site.process = Some(process);
        }
        let config = init::gateway(&gateway, "gateway", "127.0.0.1:0", &addresses, args.k)?;
        let ends = addresses.iter().zip(frames);
        let ends: Vec<_> = ends
            .map(|((name, at), frames)| (name.clone(), at.clone(), frames))
            .collect();
        plan.configure_gateway(&config, &ends)?;
        let process = Process::start("gateway", &config, &gateway).await?;
        for (dir, role, name) in [
            (&agent, "agent", "hospital"),
            (&terminal, "terminal", "doctor"),
            (&operator, "operator", "operator"),
        ] {
            init::client(dir, role, name, process.address(), "gateway")?;
        }
        let operator = ClientConfig::read(&operator.join("operator.toml"))?.connect()?;
        plan.wait_for_keys(&operator).await?;
        tell.done(&format!("gateway at {}", process.address()));
        Ok(Self {
            sites,
            _gateway: process,
            _plan: plan,
        })
    }

    /// Kills a site at once and deletes what it kept.
    fn lose(&mut self, name: &str) -> anyhow::Result<()> {
        let site = self
            .sites
            .iter_mut()
            .find(|site| site.name == name)
            .context("no such site")?;
        drop(site.process.take());
        std::fs::remove_dir_all(site.folder.join("data"))
            .with_context(|| format!("the data of site {name} cannot be deleted"))
    }
}
