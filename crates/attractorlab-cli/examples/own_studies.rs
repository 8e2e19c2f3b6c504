//! A program of your own: the same commands, runner and exit codes over studies that you write.
//!
//! ```sh
//! cargo run --release -p attractorlab-cli --example own_studies -- study run coin/fair
//! ```
//!
//! The studies ask whether a coin is fair. They end in every way in which a study can end.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use attractorlab_figures::{Axis, Figure, Line, Panel, Reference};
use attractorlab_numerics::random::Stream;
use attractorlab_studies::{Claim, Context, Outcome, Preset, Study, StudyError};
use serde_json::json;

/// Tosses a coin that shows heads with probability `heads`, and claims that it is fair.
struct Coin {
    id: &'static str,
    heads: f64,
    /// Time that a toss takes.
    toss: Duration,
}

impl Coin {
    fn tosses(preset: Preset) -> usize {
        match preset {
            Preset::Quick => 400,
            Preset::Full => 40_000,
        }
    }
}

impl Study for Coin {
    fn id(&self) -> &'static str {
        self.id
    }

    fn title(&self) -> &'static str {
        "Is the coin fair?"
    }

    fn question(&self) -> &'static str {
        "Does the coin show heads in half of its tosses, within five standard errors?"
    }

    fn parameters(&self, preset: Preset) -> serde_json::Value {
        json!({ "tosses": Self::tosses(preset), "heads": self.heads })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        if !(0.0..=1.0).contains(&self.heads) {
            return Err(StudyError::Library {
                step: "tossing the coin".to_owned(),
                source: format!("a probability lies between 0 and 1, not at {}", self.heads).into(),
            });
        }
        let tosses = Self::tosses(context.preset);
        let mut stream = Stream::new(context.seed, self.id, 0);
        let mut heads = 0;
        let mut shares = Vec::with_capacity(tosses);
        for toss in 1..=tosses {
            context.check()?;
            sleep(self.toss);
            heads += usize::from(stream.uniform() < self.heads);
            shares.push(heads as f64 / toss as f64);
            context.progress.update(toss, tosses);
        }
        let counts: Vec<f64> = (1..=tosses).map(|toss| toss as f64).collect();
        let panel = Panel::new(Axis::log10("tosses"), Axis::new("share of heads"))
            .layer(Reference::horizontal(0.5))
            .layer(Line::new(counts, shares).label("this coin"));
        let figure = Figure::new("share", "The share of heads settles")
            .caption("The share of heads after each toss, and one half.")
            .panel(panel);
        let error = 0.5 / (tosses as f64).sqrt();
        let claims = vec![
            Claim::within(
                "fair",
                "Heads come up half of the time.",
                0.5,
                heads as f64 / tosses as f64,
                5.0 * error,
            )
            .source("folklore")
            .because("five standard errors of a fair coin"),
        ];
        Ok(Outcome { figures: vec![figure], claims, ..Outcome::default() })
    }
}

fn main() -> ExitCode {
    let coin = |id, heads, toss| Coin { id, heads, toss };
    let studies = [
        coin("coin/fair", 0.5, Duration::ZERO),
        coin("coin/bent", 0.9, Duration::ZERO),
        coin("impossible/coin", 1.5, Duration::ZERO),
        coin("slow/coin", 0.5, Duration::from_millis(50)),
    ];
    let studies: Vec<&dyn Study> = studies.iter().map(|study| study as &dyn Study).collect();
    attractorlab_cli::program(&studies, std::env::args_os())
}
