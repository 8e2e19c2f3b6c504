//! Writes a report with every kind of figure: `cargo run --release --example gallery -- gallery.html`.
//!
//! The numbers are made up from closed formulas; only their shapes are those of real studies.

use attractorlab_figures::{
    Anchor, Axis, Band, Bars, Cell, ClaimRow, Colour, Column, Comparison, Crosses, Disc, Dots, Figure,
    FigureError, Format, Heatmap, Line, Marker, Panel, Reference, Regions, Report, Section, Span, Table,
    Text,
};

/// Numbers that look random and are the same on every machine.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn grid(low: f64, high: f64, steps: u32) -> Vec<f64> {
    (0..=steps).map(|i| low + (high - low) * f64::from(i) / f64::from(steps)).collect()
}

fn target_sweep() -> Figure {
    let a = grid(0.0, 2.5, 120);
    let stable = a.iter().map(|a| if *a > 0.62 { (a - 0.6).sqrt() * 1.1 + 0.35 * a } else { f64::NAN });
    let stable: Vec<f64> = stable.collect();
    let unstable: Vec<f64> =
        a.iter().map(|a| if *a > 0.62 { 0.3 * (a + 0.8).sqrt() - 0.11 * a } else { f64::NAN }).collect();
    let mut noise = Noise(7);
    let simulated: Vec<(f64, f64)> = (0..9)
        .map(|i| 0.75 + 0.2 * f64::from(i))
        .map(|a| (a, (a - 0.6).sqrt() * 1.1 + 0.35 * a + 0.03 * noise.normal()))
        .collect();
    let zero: Vec<f64> = a.iter().map(|_| 0.0).collect();
    let outlier: Vec<f64> = a.iter().map(|a| 0.35 + 0.9 * a * (-0.35 * a).exp()).collect();
    let radius: Vec<f64> = a.iter().map(|a| 1.3 / (1.0 + 0.4 * a * a)).collect();
    let measured = grid(0.25, 2.25, 8);
    let measured_outlier: Vec<f64> =
        measured.iter().map(|a| 0.35 + 0.9 * a * (-0.35 * a).exp() + 0.015 * noise.normal()).collect();
    let measured_radius: Vec<f64> =
        measured.iter().map(|a| 1.3 / (1.0 + 0.4 * a * a) + 0.01 * noise.normal()).collect();
    Figure::new("target-sweep", "The trained state loses stability at small targets")
        .caption(
            "a, Output z of the fixed points against the target A; solid stable, dashed unstable; dots, mean \
             of 20 networks with N = 2000 and g = 1.3; bars, standard deviation. b, Outlier λ_{+} and bulk \
             radius at the trained fixed point; bars, standard error.",
        )
        .panel(
            Panel::new(Axis::new("target A"), Axis::new("output z"))
                .title("Fixed points")
                .layer(Reference::diagonal().label("z = A"))
                .layer(Line::new(&a, &stable).label("theory, stable"))
                .layer(Line::new(&a, &unstable).dashed().label("theory, unstable"))
                .layer(Line::new(&a, &zero).dotted().label("theory, chaotic"))
                .layer(Dots::at(simulated).y_error([0.09; 9]).label("simulation")),
        )
        .panel(
            Panel::new(Axis::new("target A"), Axis::new("eigenvalues λ of J diag φ′"))
                .title("Local stability")
                .layer(Reference::horizontal(1.0).label("stability boundary Re λ = 1"))
                .layer(Line::new(&a, &outlier).colour(Colour::Vermillion).label("outlier λ_{+}, theory"))
                .layer(Line::new(&a, &radius).colour(Colour::Blue).dashed().label("bulk radius, theory"))
                .layer(
                    Dots::new(&measured, measured_outlier)
                        .y_error([0.03; 9])
                        .colour(Colour::Vermillion)
                        .label("outlier, simulation"),
                )
                .layer(
                    Dots::new(&measured, measured_radius)
                        .y_error([0.02; 9])
                        .colour(Colour::Blue)
                        .marker(Marker::Square)
                        .open()
                        .label("bulk radius, simulation"),
                ),
        )
        .columns(2)
}

fn spectrum() -> Figure {
    let mut noise = Noise(11);
    let bulk: Vec<(f64, f64)> = (0..600)
        .map(|_| {
            let (r, angle) = (0.8 * noise.uniform().sqrt(), std::f64::consts::TAU * noise.uniform());
            (r * angle.cos(), r * angle.sin())
        })
        .chain([(1.31, 0.0)])
        .collect();
    Figure::new("spectrum", "One outlier leaves the bulk")
        .caption(
            "Eigenvalues of J diag φ′ at a trained fixed point (N = 600). Grey disc, predicted bulk; cross, \
             predicted outlier; the line Re λ = 1 bounds stability.",
        )
        .panel(
            Panel::complex_plane()
                .layer(Disc::new(0.8).label("bulk, theory"))
                .layer(Reference::vertical(1.0).label("Re λ = 1"))
                .layer(Dots::at(bulk).size(1.6).label("eigenvalues"))
                .layer(Crosses::new([1.33], [0.0]).label("outlier, theory")),
        )
}

fn phases() -> Figure {
    let g = grid(0.0, 3.0, 89);
    let a = grid(0.0, 2.5, 74);
    let field = Heatmap::sampled(&g, &a, Axis::new("outlier λ_{+}"), |g, a| {
        if g > 2.7 && a > 2.2 { f64::NAN } else { 1.0 + (0.55 * g - a * 0.9 + 0.35).tanh() * (1.1 + 0.2 * g) }
    });
    let boundary = Line::through(g.iter().map(|g| (*g, (0.55 * g + 0.35) / 0.9)));
    let classes: Vec<Vec<usize>> = a
        .iter()
        .map(|a| {
            g.iter()
                .map(|g| match () {
                    () if *g > 1.0 + 0.6 * a => 2,
                    () if a - 0.45 * g > 0.6 => 1,
                    () => 0,
                })
                .collect()
        })
        .collect();
    Figure::new("phases", "Where training succeeds")
        .caption(
            "a, Predicted outlier; white and the black line are the boundary λ_{+} = 1; transparent, no fixed \
             point was found. b, Regions of the trained network; dots, networks that kept their fixed point.",
        )
        .panel(
            Panel::new(Axis::new("gain g"), Axis::new("target A"))
                .title("Outlier")
                .layer(field.diverging(1.0))
                .layer(boundary.clone().label("λ_{+} = 1, theory")),
        )
        .panel(
            Panel::new(Axis::new("gain g"), Axis::new("target A"))
                .title("Regions")
                .layer(Regions::new(&g, &a, classes, ["unstable", "bistable", "chaotic"]))
                .layer(
                    Dots::new([0.4, 0.8, 1.2, 0.3, 1.1], [1.3, 1.7, 2.2, 2.0, 1.4])
                        .colour(Colour::Black)
                        .open()
                        .label("trained"),
                ),
        )
        .columns(2)
}

fn scaling() -> Figure {
    let sizes = [100.0_f64, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0];
    let error = |c: f64, power: f64| sizes.map(|n| c * n.powf(power));
    let mut noise = Noise(3);
    let measured = sizes.map(|n| 1.1 / n.sqrt() * (0.08 * noise.normal()).exp());
    let epochs = grid(1.0, 400.0, 399);
    let loss = |rate: f64| epochs.iter().map(|t| 0.9 * (-rate * t).exp() + 2e-4).collect::<Vec<_>>();
    let low: Vec<f64> = loss(0.02).iter().map(|l| 0.75 * l).collect();
    let high: Vec<f64> = loss(0.02).iter().map(|l| 1.3 * l).collect();
    let mut histogram_noise = Noise(5);
    let overlaps: Vec<f64> = (0..800).map(|_| 0.2 * histogram_noise.normal()).collect();
    let density = grid(-0.7, 0.7, 100);
    let normal: Vec<f64> =
        density.iter().map(|x| (-0.5 * (x / 0.2) * (x / 0.2)).exp() / (0.2 * 2.5066282746310002)).collect();
    let t = grid(0.0, 10.0, 300);
    Figure::new("scaling", "Errors, learning and time courses")
        .caption(
            "a, Deviation from theory against network size; line, N^{−1/2}; bars, standard deviation. \
             b, Loss; band, quartiles over 20 seeds. c, Overlap of weights; line, Gaussian. \
             d, A trial: grey, input; blue, output.",
        )
        .panel(
            Panel::new(Axis::log10("network size N"), Axis::log10("error |λ − λ_{theory}|"))
                .layer(Line::new(sizes, error(1.1, -0.5)).label("∝ N^{−1/2}"))
                .layer(Dots::new(sizes, measured).y_error(measured.map(|m| 0.3 * m)).label("simulation")),
        )
        .panel(
            Panel::new(Axis::new("epoch"), Axis::log10("loss"))
                .layer(Band::new(&epochs, low, high).colour(Colour::Green))
                .layer(Line::new(&epochs, loss(0.02)).colour(Colour::Green).label("gradient descent"))
                .layer(Line::new(&epochs, loss(0.05)).colour(Colour::Purple).dashed().label("RLS")),
        )
        .panel(
            Panel::new(Axis::new("overlap m·n/N"), Axis::new("density"))
                .layer(Bars::histogram(overlaps, 24).normalised().label("simulation"))
                .layer(Line::new(density, normal).label("theory")),
        )
        .panel(
            Panel::new(Axis::new("time t/τ"), Axis::new("output z"))
                .layer(Span::x(2.0, 3.0).label("input"))
                .layer(Reference::horizontal(1.0).label("target"))
                .layer(
                    Line::through(t.iter().map(|t| (*t, if *t < 2.0 { 0.0 } else { 1.0 - (2.0 - t).exp() })))
                        .colour(Colour::Blue)
                        .width(0.9),
                )
                .layer(Text::new(6.5, 0.5, "memory, W ≈ 10^{−3}").anchor(Anchor::Start)),
        )
        .columns(2)
}

fn claim(id: &str, statement: &str, expected: f64, measured: f64, tolerance: f64) -> ClaimRow {
    ClaimRow {
        id: id.to_owned(),
        statement: statement.to_owned(),
        source: "Rivkind & Barak 2017, eq. 12".to_owned(),
        expected: expected.into(),
        measured: measured.into(),
        tolerance: Some(tolerance),
        comparison: Comparison::Within,
        why: "Three standard errors of the mean over 20 networks, measured in the same run.".to_owned(),
        holds: (expected - measured).abs() <= tolerance,
    }
}

fn report() -> Report {
    let table = Table::new("sizes", "Deviation from theory by network size")
        .caption("Mean and standard deviation over 20 networks.")
        .column("N")
        .column(Column::new("outlier λ_{+}").format(Format::Fixed(3)))
        .column(Column::new("error").format(Format::Scientific(1)))
        .column("class")
        .row([Cell::from(500), 1.3312.into(), (-3.2e-3).into(), "bistable".into()])
        .row([Cell::from(2000), 1.3325.into(), 1.4e-3.into(), "bistable".into()]);
    let parameters = serde_json::json!({
        "gain g": 1.3, "network size N": 2000, "networks": 20, "targets": [0.75, 0.95, 1.15], "transfer": "tanh"
    });
    Report::new("attractorlab: claims of the literature, put to the test")
        .subtitle("Theory and simulation of recurrent networks that compute with fixed points")
        .provenance("version", "0.1.0")
        .provenance("preset", "quick")
        .provenance("seed", "2017")
        .provenance("command", "attractorlab study run --all")
        .provenance("threads", "2")
        .section(
            Section::new(
                "rivkind2017/target-sweep",
                "Stability against the target",
                "For which targets does a network trained by least squares hold its output?",
            )
            .summary("The fixed point exists for A > 0.6 and is stable where the outlier is below one.")
            .figure(target_sweep())
            .figure(spectrum())
            .table(table)
            .claim(claim(
                "outlier",
                "The outlier λ_{+} at A = 1.2 is the one predicted.",
                1.3312,
                1.3325,
                0.004,
            ))
            .claim(claim("radius", "The bulk radius at A = 1.2 is g(⟨φ′^{2}⟩)^{1/2}.", 0.825, 0.871, 0.01))
            .parameters(parameters.clone())
            .provenance("seed", "2017")
            .seconds(3.21)
            .note("The bulk radius is measured as the largest modulus after the outlier is taken away."),
        )
        .section(
            Section::new("beer2006/phases", "Phases", "How do gain and target divide the plane?")
                .summary("Strong gain makes the network chaotic, weak targets make it unstable.")
                .figure(phases())
                .claim(claim("area", "The bistable region covers a third of the plane.", 0.333, 0.331, 0.01))
                .parameters(parameters)
                .seconds(145.0),
        )
        .section(
            Section::new("schuessler2020/scaling", "Scaling and learning", "How fast do errors fall?")
                .figure(scaling())
                .seconds(0.4),
        )
        .section(Section::failed(
            "sussillo2009/force",
            "FORCE learning",
            "Does recursive least squares converge?",
            "training: the inverse correlation matrix lost positive definiteness at step 1204",
        ))
}

fn main() -> Result<(), FigureError> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "gallery.html".to_owned());
    report().write_atomic(path)
}
