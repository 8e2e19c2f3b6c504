//! S3: singular values of the change on a logarithmic scale.

use attractorlab::numerics::linalg::{Mat, singular_values};
use attractorlab::task::DrivenFixedPoint;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Line, Marker, Panel};
use serde_json::{Value, json};

use super::linear::{LinearNetwork, rate, replicate};
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// S3: how far the change is from rank two, in double and in single precision.
#[derive(Debug, Clone, Copy)]
pub struct LinearRank;

const PURPOSE: &str = "schuessler2020/linear-rank";
const EPOCHS: usize = 200;
/// g, target, whether in single precision.
const RUNS: [(f64, f64, bool); 6] = [
    (0.0, 0.5, false),
    (0.0, 2.0, false),
    (0.6, 0.5, false),
    (0.6, 2.0, false),
    (0.0, 2.0, true),
    (0.6, 2.0, true),
];
const SHOWN: usize = 8;

fn units(preset: Preset) -> usize {
    match preset {
        Preset::Quick => 128,
        Preset::Full => 1024,
    }
}

/// Singular values of the trained change, and those of the exact flow of this network at the same learning time.
type Pair = (Vec<f64>, Vec<f64>);

impl Study for LinearRank {
    fn id(&self) -> &'static str {
        PURPOSE
    }

    fn title(&self) -> &'static str {
        "Rank two, and what is beyond it"
    }

    fn question(&self) -> &'static str {
        "Is the change of rank two exactly, or nearly? Which of the small singular values are structure, and which are rounding?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        json!({
            "units": units(preset), "epochs": EPOCHS, "duration": 101, "dt": 0.5,
            "runs": RUNS.map(|(g, target, single)| json!({"g": g, "target": target, "single_precision": single})),
            "learning_rate": "0.015 (1 - g^2)^2 for 0.5, 0.003 (1 - g^2)^2 for 2",
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let n = units(context.preset);
        let found = replicate(context, PURPOSE, RUNS.len(), |index, stream| {
            let (g, target, single) = RUNS[index];
            let network = LinearNetwork::draw(n, g, stream);
            let task = DrivenFixedPoint { target, ..DrivenFixedPoint::default() };
            let step = rate(g, target);
            let trained = if single {
                network.train::<f32>(context, &task, step, EPOCHS, 0)?.weights
            } else {
                network.train::<f64>(context, &task, step, EPOCHS, 0)?.weights
            };
            let initial = &network.weights.recurrent;
            // What training in single precision starts from is W₀ in single precision.
            let start = |value: f64| if single { f64::from(value as f32) } else { value };
            let change = Mat::from_fn(n, n, |i, j| trained[(i, j)] - start(initial[(i, j)]));
            let values =
                singular_values(change.as_ref()).map_err(StudyError::step("singular values of a change"))?;
            let flow = network
                .flow()?
                .at_times(target, &[step * EPOCHS as f64])
                .map_err(StudyError::step("the flow of one network"))?
                .remove(0);
            Ok((values, flow.singular_values))
        })?;
        let claims = claims(&found);
        let mut panel = Panel::new(
            Axis::new("index k").range(0.5, SHOWN as f64 + 0.5),
            Axis::log10("singular value s_k of ΔW").range(1e-18, 1.0),
        );
        for (index, ((g, target, single), (values, flow))) in RUNS.into_iter().zip(&found).enumerate() {
            let colour = Colour::category(index);
            let points = |of: &[f64]| -> Vec<(f64, f64)> {
                of.iter().take(SHOWN).enumerate().map(|(k, s)| (k as f64 + 1.0, s.max(1e-18))).collect()
            };
            let precision = if single { ", f32" } else { "" };
            panel = panel.layer(
                Dots::at(points(values))
                    .colour(colour)
                    .marker(if single { Marker::Square } else { Marker::Circle })
                    .label(format!("g = {g}, ẑ = {target}{precision}")),
            );
            if g > 0.0 && !single {
                panel = panel.layer(Line::through(points(&flow[..5])).colour(colour));
            }
        }
        let figure = Figure::new("linear-rank", "Singular values of the change")
            .caption(format!(
                "Singular values of ΔW after {EPOCHS} epochs, one network of {n} units a setting; lines, the exact flow of the same \
                 network. Without a bulk all beyond the second are rounding: their height is that of the precision (squares, single). \
                 With a bulk they fall by a factor of some hundred each, and are structure."
            ))
            .panel(panel);
        Ok(Outcome { figures: vec![figure], tables: Vec::new(), claims })
    }
}

fn claims(found: &[Pair]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (index, ((g, target, single), (values, flow))) in RUNS.into_iter().zip(found).enumerate() {
        let third = values[2] / values[0];
        let setting = format!("g = {g}, target {target}");
        match (g > 0.0, single) {
            (false, false) => claims.push(
                Claim::at_most(
                    &format!("rank-two-{index}"),
                    &format!("{setting}: without a bulk, s₃ is rounding: s₃/s₁ in double precision"),
                    1e-14,
                    third,
                )
                .source("specification S3")
                .because("200 updates with a rounding error of 1.1e-16 each of entries of ΔW, which partly average out."),
            ),
            (false, true) => {
                claims.push(
                    Claim::at_most(
                        &format!("single-{index}"),
                        &format!("{setting}: in single precision, s₃/s₁ is the rounding of single precision"),
                        1e-5,
                        third,
                    )
                    .source("specification S3, pitfall 10")
                    .because("As in double precision, times 2²⁹."),
                );
                claims.push(
                    Claim::at_least(
                        &format!("floor-{index}"),
                        &format!("{setting}: single precision hides everything below this fraction of s₁"),
                        1e-9,
                        third,
                    )
                    .source("specification pitfall 10")
                    .because("The rounding error of one single addition is 6e-8 of an entry, spread over the directions of 128 or more units."),
                );
            }
            (true, false) => {
                for k in 2..4 {
                    claims.push(
                        Claim::within(
                            &format!("structure-{index}-{}", k + 1),
                            &format!("{setting}: s_{} of the trained network over that of its exact flow", k + 1),
                            1.0,
                            values[k] / flow[k],
                            0.5,
                        )
                        .source("ours: the flow of a given network")
                        .because(
                            "Small singular values are differences of the path's curvature, and steps of finite size change them by tens of \
                             per cent; rounding would be smaller by ten orders.",
                        ),
                    );
                }
                claims.push(
                    Claim::at_most(
                        &format!("nearly-two-{index}"),
                        &format!("{setting}: the change is of rank two nearly: s₃/s₁"),
                        1e-2,
                        third,
                    )
                    .source("specification S3")
                    .because("s₃/s₁ of many units is 1e-4 and 1e-3; small networks scatter by factors of a few."),
                );
            }
            (true, true) => claims.push(
                Claim::within(
                    &format!("single-structure-{index}"),
                    &format!("{setting}: s₃ is structure in single precision too, over that of the exact flow"),
                    1.0,
                    values[2] / flow[2],
                    0.5,
                )
                .source("ours: the flow of a given network")
                .because("As in double precision: s₃ lies far above the rounding of single precision."),
            ),
        }
    }
    claims
}
