//! E3, E4: which targets are stable, tanh against relu.

use attractorlab::network::Transfer;
use attractorlab::theory::output_dynamics::{Candidates, Setting, predict};
use attractorlab::training::HoldingTest;
use attractorlab_figures::{Axis, Colour, Dots, Figure, Heatmap, Line, Panel, Reference, Table};
use serde_json::{Value, json};

use super::networks::{Network, agrees, is_visible, replicate};
use crate::statistics::Sample;
use crate::{Claim, Context, Outcome, Preset, Study, StudyError};

/// E3 and E4: poles against amplitude, and stability diagrams of two targets.
#[derive(Debug, Clone, Copy)]
pub struct Stability;

const PURPOSE: &str = "rivkind2017/stability";

struct Sizes {
    units: usize,
    networks: usize,
    map: usize,
}

fn sizes(preset: Preset) -> Sizes {
    match preset {
        Preset::Quick => Sizes { units: 300, networks: 20, map: 41 },
        Preset::Full => Sizes { units: 800, networks: 30, map: 81 },
    }
}

const fn relu(threshold: f64) -> Transfer {
    Transfer::Relu { threshold }
}

/// A and the poles of tanh g = 0.8, tanh g = 1.5, relu θ = −0.5 and θ = 0.5 at g = 0.8 (specification
/// section 8).
const POLES: [(f64, [f64; 4]); 5] = [
    (0.25, [-0.1813, -0.5217, -0.4425, 2.9353]),
    (0.5, [-0.3664, -0.5751, -0.3588, 1.0687]),
    (1.0, [-0.5842, -0.6754, -0.2418, 0.4312]),
    (2.0, [-0.7704, -0.7961, -0.1413, 0.1896]),
    (8.0, [-0.9460, -0.9466, -0.0396, 0.0427]),
];
const FAMILIES: [(&str, Transfer, f64, Colour); 5] = [
    ("tanh, g = 0.8", Transfer::Tanh, 0.8, Colour::Blue),
    ("tanh, g = 1.5", Transfer::Tanh, 1.5, Colour::Purple),
    ("relu, θ = −0.5", relu(-0.5), 0.8, Colour::Vermillion),
    ("relu, θ = 0.5", relu(0.5), 0.8, Colour::Orange),
    ("relu, θ = 0", relu(0.0), 0.8, Colour::Green),
];

/// Cells of the diagrams that are trained: name, transfer, g, targets.
const CELLS: [(&str, Transfer, f64, [f64; 2]); 4] = [
    ("tanh, g = 1.5, {1.2, 3.6}", Transfer::Tanh, 1.5, [1.2, 3.6]),
    ("tanh, g = 1.2, {0.6, −1.5}", Transfer::Tanh, 1.2, [0.6, -1.5]),
    ("relu, θ = −0.5, g = 0.8, {−1, 1}", relu(-0.5), 0.8, [-1.0, 1.0]),
    ("relu, θ = 0.5, g = 0.8, {−1, 1}", relu(0.5), 0.8, [-1.0, 1.0]),
];

fn pole(transfer: Transfer, g: f64, target: f64) -> Result<f64, StudyError> {
    let prediction = predict(&Setting::scalar(transfer, g, &[target]))
        .map_err(StudyError::step("theory of one target"))?;
    Ok(prediction.local[0].poles[0].re)
}

impl Study for Stability {
    fn id(&self) -> &'static str {
        "rivkind2017/stability"
    }

    fn title(&self) -> &'static str {
        "tanh and relu are opposites"
    }

    fn question(&self) -> &'static str {
        "Which outputs, and which pairs of outputs, can a trained network hold? How do tanh and relu networks differ?"
    }

    fn parameters(&self, preset: Preset) -> Value {
        let sizes = sizes(preset);
        json!({
            "amplitudes": POLES.map(|p| p.0), "units": sizes.units, "networks": sizes.networks,
            "map": {"relu": {"threshold": -0.5, "g": 0.8, "targets": [-2.5, 2.5]},
                    "tanh": {"g": 1.2, "targets": [0.1, 2.5]}, "cells": sizes.map},
            "trained_pairs": CELLS.map(|c| c.0),
        })
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome, StudyError> {
        let sizes = sizes(context.preset);
        let (amplitudes, mut claims) = amplitude_panel(context, &sizes)?;
        claims.extend(table_claims()?);
        claims.extend(sign_claims()?);
        let (success, table) = train_cells(context, &sizes)?;
        claims.extend(success);
        let figure = Figure::new("amplitude", "The pole of one target")
            .caption(format!(
                "Pole of the output against the target. Lines, theory; dots, mean over {} networks of {} units of the \
                 eigenvalue beside it, bars its standard error. tanh gains stability with the target, relu loses it, and its \
                 sign is that of the threshold.",
                sizes.networks, sizes.units
            ))
            .panel(amplitudes);
        let maps = Figure::new("maps", "Which pairs of values can be held")
            .caption(
                "Largest real part of the poles over both states of a network trained to two values: blue, both are held. \
                 relu holds values of opposite sign; tanh holds no pair. Where the two are one state, or one of them is \
                 chaotic, nothing is drawn.",
            )
            .panel(map("relu, θ = −0.5, g = 0.8", relu(-0.5), 0.8, (-2.5, 2.5), sizes.map)?)
            .panel(map("tanh, g = 1.2", Transfer::Tanh, 1.2, (0.1, 2.5), sizes.map)?);
        Ok(Outcome { figures: vec![figure, maps], tables: vec![table], claims })
    }
}

fn amplitude_panel(context: &Context<'_>, sizes: &Sizes) -> Result<(Panel, Vec<Claim>), StudyError> {
    let mut panel =
        Panel::new(Axis::log10("target A").range(0.1, 8.0), Axis::new("pole s (1/τ)").range(-1.0, 1.5))
            .title("One target")
            .layer(Reference::horizontal(0.0));
    let mut claims = Vec::new();
    for (index, (name, transfer, g, colour)) in FAMILIES.into_iter().enumerate() {
        let mut curve = Vec::new();
        for k in 0..=60 {
            let target = 0.1 * 80.0_f64.powf(f64::from(k) / 60.0);
            let prediction = predict(&Setting::scalar(transfer, g, &[target]))
                .map_err(StudyError::step("theory of one target"))?;
            let local = &prediction.local[0];
            if local.bulk_radius < 1.0 && local.poles[0].re < 1.5 {
                curve.push((target, local.poles[0].re));
            }
        }
        let mut dots = Vec::new();
        for (position, target) in [1.0, 4.0].into_iter().enumerate() {
            let setting = Setting::scalar(transfer, g, &[target]);
            let theory = predict(&setting).map_err(StudyError::step("theory of one target"))?;
            let (pole, radius) = (theory.local[0].poles[0], theory.local[0].bulk_radius);
            if !is_visible(pole, radius) {
                continue;
            }
            let purpose = format!("{PURPOSE}/{index}/{position}");
            let values = replicate(context, &purpose, sizes.networks, |_, stream| {
                let closed = Network::draw(&setting, sizes.units, stream).least_squares(0.0)?;
                Ok(closed.eigenvalue_near(0, pole)?.re)
            })?;
            let sample = Sample::of(&values);
            claims.push(
                agrees(
                    &format!("pole-{index}-{target}"),
                    &format!("{name}, A = {target}: the pole is an eigenvalue of trained networks"),
                    pole.re,
                    sample,
                )
                .source("specification E3"),
            );
            dots.push((target, sample));
        }
        panel = panel.layer(Line::through(curve).colour(colour).label(name)).layer(
            Dots::at(dots.iter().map(|(a, s)| (*a, s.mean)))
                .y_error(dots.iter().map(|(_, s)| s.standard_error()).collect::<Vec<_>>())
                .colour(colour),
        );
    }
    Ok((panel, claims))
}

fn table_claims() -> Result<Vec<Claim>, StudyError> {
    let mut worst = 0.0_f64;
    for (target, expected) in POLES {
        for ((_, transfer, g, _), expected) in FAMILIES.into_iter().zip(expected) {
            worst = worst.max((pole(transfer, g, target)? - expected).abs());
        }
    }
    let marginal = pole(relu(0.0), 0.8, 1.0)?.abs();
    Ok(vec![
        Claim::at_most(
            "poles",
            "Poles of one target, tanh and relu, five targets: largest difference from the quoted ones",
            5.1e-5,
            worst,
        )
        .source("specification section 8")
        .because("They are quoted with four decimals."),
        Claim::at_most("relu-marginal", "relu with θ = 0 is exactly marginal: |s|", 1e-12, marginal)
            .source("specification section 8")
            .because("Rounding."),
    ])
}

/// Signs of the leading poles of pairs over grids.
fn sign_claims() -> Result<Vec<Claim>, StudyError> {
    let stable = |transfer, g, a: f64, b: f64| -> Result<[bool; 2], StudyError> {
        let theory = predict(&Setting::scalar(transfer, g, &[a, b]))
            .map_err(StudyError::step("theory of two targets"))?;
        Ok([0, 1].map(|m| theory.local[m].poles[0].re < 0.0))
    };
    // Pairs of tanh in the order of the grid, until there are a hundred with both bulks stable.
    let mut right = 0;
    let mut pairs = 0;
    'grid: for g in [0.3, 0.6, 0.9, 1.2, 1.5, 1.8] {
        for small in [0.3, 0.6, 1.0, 1.6, 2.4] {
            for factor in [1.3, 1.6, 2.0, 3.0, 4.0] {
                let theory = predict(&Setting::scalar(Transfer::Tanh, g, &[small, small * factor]))
                    .map_err(StudyError::step("theory of two targets"))?;
                if theory.local.iter().all(|local| local.bulk_radius < 1.0) {
                    pairs += 1;
                    let signs = [0, 1].map(|m| theory.local[m].poles[0].re < 0.0);
                    right += usize::from(signs == [false, true]);
                }
                if pairs == 100 {
                    break 'grid;
                }
            }
        }
    }
    let mut claims = vec![
        Claim::equal(
            "tanh-pairs",
            "tanh: of two targets the larger is stable and the smaller unstable, pairs of 100 (g from 0.3 to 1.5)",
            100.0,
            right as f64,
        )
        .source("specification section 8"),
    ];
    let grid = [0.2, 0.6, 1.4, 3.0];
    for (threshold, least, most) in [(-1.0, 48, 64), (-0.5, 48, 64), (-0.1, 64, 64), (0.1, 0, 0), (0.5, 0, 0)]
    {
        let mut both = 0;
        for g in [0.3, 0.6, 0.9, 1.2] {
            for a in grid {
                for b in grid {
                    both += usize::from(stable(relu(threshold), g, -a, b)? == [true, true]);
                }
            }
        }
        let id = format!("relu-opposite-{threshold}");
        let what = format!("relu, θ = {threshold}: pairs of opposite sign of which both are stable, of 64");
        let claim = if least == most {
            Claim::equal(&id, &what, f64::from(most), f64::from(u32::try_from(both).unwrap_or(u32::MAX)))
        } else {
            Claim::at_least(&id, &what, f64::from(least), both as f64)
                .because("Three of four; the specification's grid, which is not stated, has 54 and 59.")
        };
        claims.push(claim.source("specification section 8"));
    }
    Ok(claims)
}

fn map(
    title: &str,
    transfer: Transfer,
    g: f64,
    (low, high): (f64, f64),
    cells: usize,
) -> Result<Panel, StudyError> {
    let line: Vec<f64> = (0..cells).map(|k| low + (high - low) * (k as f64 + 0.5) / cells as f64).collect();
    let pairs = Candidates::new(&Setting::scalar(transfer, g, &line))
        .and_then(|candidates| candidates.pairs())
        .map_err(StudyError::step("theory of all pairs of targets"))?;
    let largest = |i: usize, j: usize| {
        let chaotic = [i, j].iter().any(|&k| pairs.bulk_radius[k] >= 1.0);
        let pole = pairs.leading[(i, j)].re.max(pairs.leading[(j, i)].re);
        if chaotic { f64::NAN } else { pole.clamp(-0.5, 0.5) }
    };
    let rows = (0..cells).map(|j| (0..cells).map(|i| largest(i, j)).collect()).collect();
    let field = Heatmap::new(&line, &line, rows, Axis::new("largest Re s (1/τ)").range(-0.5, 0.5));
    Ok(Panel::new(Axis::new("target A₁").range(low, high), Axis::new("target A₂").range(low, high))
        .title(title)
        .equal_aspect()
        .layer(field.diverging(0.0)))
}

fn train_cells(context: &Context<'_>, sizes: &Sizes) -> Result<(Vec<Claim>, Table), StudyError> {
    let mut table = Table::new("cells", "Held after training")
        .caption(format!("Networks of {} that held each target, beside the leading pole.", sizes.networks));
    for column in ["network", "target", "leading Re s", "networks that held it"] {
        table = table.column(column);
    }
    let mut claims = Vec::new();
    for (index, (name, transfer, g, targets)) in CELLS.into_iter().enumerate() {
        let setting = Setting::scalar(transfer, g, &targets);
        let theory = predict(&setting).map_err(StudyError::step("theory of two targets"))?;
        let held = replicate(context, &format!("{PURPOSE}/cell/{index}"), sizes.networks, |_, stream| {
            let network = Network::draw(&setting, sizes.units, stream);
            let closed = network.least_squares(0.0)?;
            network
                .task()
                .test_holding(closed.readout.as_ref(), closed.states.as_ref(), HoldingTest::default(), stream)
                .map(|holding| holding.held)
                .map_err(StudyError::step("closed loop"))
        })?;
        for (m, target) in targets.into_iter().enumerate() {
            let count = held.iter().filter(|held| held[m]).count() as f64;
            let leading = theory.local[m].poles[0].re;
            let expected = if theory.local[m].is_stable() { sizes.networks as f64 } else { 0.0 };
            table = table.row([name.into(), target.into(), leading.into(), count.into()]);
            claims.push(
                Claim::within(
                    &format!("held-{index}-{m}"),
                    &format!("{name}: networks of {} that hold {target}, leading pole {leading:.3}", sizes.networks),
                    expected,
                    count,
                    0.2 * sizes.networks as f64,
                )
                .source("Rivkind & Barak 2017: stability of the ODE predicts success of training")
                .because(
                    "The leading poles lie two to five standard deviations of a network of 300 units from zero: of 20 networks \
                     more than 4 err once in ten thousand claims.",
                ),
            );
        }
    }
    Ok((claims, table))
}
