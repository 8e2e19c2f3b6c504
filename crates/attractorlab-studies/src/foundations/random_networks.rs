//! Random networks without training: spectra, outliers, chaos.

use attractorlab_figures::Figure;
use serde_json::{Value, json};

use super::{chaos, outlier, spectra};
use crate::{Context, Outcome, Preset, Study, StudyError};

/// The first word of every stream's purpose.
pub(super) const PURPOSE: &str = "foundations/random-networks";

/// Random networks without training.
#[derive(Debug, Clone, Copy)]
pub struct RandomNetworks;

/// Sizes of a preset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) spectrum_units: usize,
    pub(super) spectra: usize,
    pub(super) outlier_units: &'static [usize],
    pub(super) outlier_networks: usize,
    pub(super) chaos_units: usize,
    pub(super) chaos_networks: usize,
    pub(super) lyapunov_networks: usize,
    pub(super) lyapunov_duration: f64,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes {
            spectrum_units: 400,
            spectra: 3,
            outlier_units: &[100, 200, 400, 800],
            outlier_networks: 100,
            chaos_units: 300,
            chaos_networks: 4,
            lyapunov_networks: 10,
            lyapunov_duration: 120.0,
        },
        Preset::Full => Sizes {
            // A spectrum cannot be interrupted, and of 700 units it keeps Ctrl-C waiting for more than half a
            // second on a busy machine: more networks of fewer units.
            spectrum_units: 500,
            spectra: 24,
            outlier_units: &[100, 200, 400, 800],
            outlier_networks: 500,
            chaos_units: 1000,
            chaos_networks: 8,
            lyapunov_networks: 20,
            lyapunov_duration: 400.0,
        },
    }
}

impl Study for RandomNetworks {
    fn id(&self) -> &'static str {
        "foundations/random-networks"
    }

    fn title(&self) -> &'static str {
        "Random networks: disc, outlier and chaos"
    }

    fn question(&self) -> &'static str {
        "Do the random networks of this laboratory have the spectra, outliers, transition to chaos and Lyapunov exponents \
         that mean-field theory predicts for them?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "spectrum_units": sizes.spectrum_units, "spectra_per_kind": sizes.spectra,
            "outlier_units": sizes.outlier_units, "outlier_networks": sizes.outlier_networks,
            "chaos_units": sizes.chaos_units, "chaos_networks": sizes.chaos_networks,
            "lyapunov_networks": sizes.lyapunov_networks, "lyapunov_duration": sizes.lyapunov_duration,
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let spectra = spectra::run(context, sizes)?;
        context.progress.update(1, 3);
        let outliers = outlier::run(context, sizes)?;
        context.progress.update(2, 3);
        let chaos = chaos::run(context, sizes)?;
        context.progress.update(3, 3);
        let mut claims = spectra.claims();
        claims.extend(outliers.claims());
        claims.extend(chaos.claims()?);
        let [portrait, law] = spectra.panels();
        let [activity, exponent] = chaos.panels()?;
        let caption = format!(
            "The bulk fills a disc of radius g, and one feedback loop adds one outlier at m·n/N, whose fluctuation falls as \
             N^(−1/2). Lines, theory; dots, simulation. Circular law: {} networks of {} units a kind. Outlier: {} networks \
             a size, bars one standard error.",
            sizes.spectra, sizes.spectrum_units, sizes.outlier_networks
        );
        let spectra_figure = Figure::new("spectra", "Spectra of random networks")
            .caption(caption)
            .panel(portrait)
            .panel(law)
            .panel(outliers.panel())
            .columns(3);
        let caption = format!(
            "Activity dies out below g = 1 and is chaotic above, as strong and as unpredictable as mean-field theory says. \
             Lines, theory; dots, networks of {} units, left with the standard deviation over {} of them, right with the standard error \
             over {}.",
            sizes.chaos_units, sizes.chaos_networks, sizes.lyapunov_networks
        );
        let chaos_figure =
            Figure::new("chaos", "Transition to chaos").caption(caption).panel(activity).panel(exponent);
        Ok(Outcome { figures: vec![spectra_figure, chaos_figure], tables: Vec::new(), claims })
    }
}
