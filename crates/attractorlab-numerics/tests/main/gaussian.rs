//! Gaussian averages against an oracle of another kind, closed forms, and reference values.

use attractorlab_numerics::gaussian::{Average, Averages, Pair, PairAverage, Product, average, pair_average};
use attractorlab_numerics::quadrature::gauss_legendre;
use attractorlab_numerics::special::{bivariate_normal_upper, normal_pdf};
use attractorlab_numerics::transfer::Transfer;

const TRANSFERS: [Transfer; 7] = [
    Transfer::Tanh,
    Transfer::Erf,
    Transfer::Softplus,
    Transfer::Logistic,
    Transfer::Linear,
    Transfer::Relu { threshold: 0.0 },
    Transfer::Relu { threshold: 0.7 },
];

/// Everything the specifications average, and more.
fn products() -> Vec<Product> {
    let (x, big, phi) = (Product::X, Product::PRIMITIVE, Product::VALUE);
    let (d1, d2, d3) = (Product::FIRST, Product::SECOND, Product::THIRD);
    vec![
        phi,
        d1,
        d2,
        d3,
        big,
        phi * phi,
        d1 * d1,
        phi * d2,
        big * big,
        phi * d1,
        x * phi,
        x * phi * d1,
        phi * d3,
        d1 * d2,
        x * d1,
        x * x * d1,
        x * x * phi * phi,
        phi * phi * phi,
        big * d1,
        d1 * d3,
        x * d2,
    ]
}

/// Products of up to eight factors: high poles, and averages that are small because the product vanishes at the mean.
fn high_products() -> Vec<Product> {
    let phi = Product::VALUE;
    let (d1, d2, d3) = (Product::FIRST, Product::SECOND, Product::THIRD);
    let eighth = |p: Product| p * p * p * p * p * p * p * p;
    vec![
        phi * phi * phi * phi,
        d2 * d2,
        d3 * d3,
        phi * phi * phi * phi * phi * phi,
        d1 * d1 * d1 * d1,
        d2 * d2 * d2 * d2,
        d3 * d3 * d3 * d3,
        eighth(phi),
        eighth(d1),
        eighth(d2),
        eighth(d3),
        Product { x: 4, second: 2, third: 2, ..Product::ONE },
    ]
}

/// Composite 20-point Gauss–Legendre panels: an oracle that shares nothing with the method tested.
struct Oracle {
    rule: Vec<(f64, f64)>,
}

impl Oracle {
    fn new() -> Self {
        Self { rule: gauss_legendre(20) }
    }

    /// (⟨fᵢ⟩, ⟨|fᵢ|⟩) for all i; `f` writes the values at x.
    fn averages(
        &self,
        n: usize,
        mut f: impl FnMut(f64, &mut [f64]),
        kink: f64,
        mean: f64,
        sd: f64,
    ) -> Vec<(f64, f64)> {
        let mut values = vec![0.0; n];
        if sd == 0.0 {
            f(mean, &mut values);
            return values.into_iter().map(|v| (v, v.abs())).collect();
        }
        let reach = 12.0 * sd + mean.abs().min(40.0 * sd * sd);
        let panel = (0.5 * sd).min(1.0);
        // A relu is split at its kink exactly.
        let mut edges = vec![-reach, reach];
        if (kink - mean).abs() < reach {
            edges.insert(1, kink - mean);
        }
        let (mut sums, mut corrections, mut magnitudes) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        for pair in edges.windows(2) {
            let count = ((pair[1] - pair[0]) / panel).ceil().max(1.0);
            let width = (pair[1] - pair[0]) / count;
            for i in 0..count as usize {
                for (node, weight) in &self.rule {
                    let offset = pair[0] + width * (i as f64 + 0.5 + 0.5 * node);
                    let weight = 0.5 * width * weight * normal_pdf(offset / sd) / sd;
                    f(mean + offset, &mut values);
                    for j in 0..n {
                        let term: f64 = weight * values[j];
                        magnitudes[j] += term.abs();
                        let y = term - corrections[j];
                        let t: f64 = sums[j] + y;
                        corrections[j] = (t - sums[j]) - y;
                        sums[j] = t;
                    }
                }
            }
        }
        sums.into_iter().zip(magnitudes).collect()
    }

    fn average(&self, f: impl Fn(f64) -> f64, kink: f64, mean: f64, sd: f64) -> (f64, f64) {
        self.averages(1, |x, out| out[0] = f(x), kink, mean, sd)[0]
    }
}

fn exists(transfer: Transfer, product: Product) -> bool {
    !matches!(transfer, Transfer::Relu { .. }) || product.second + product.third == 0
}

#[test]
fn one_dimensional_averages_err_below_1e_12_of_the_mean_magnitude() {
    let oracle = Oracle::new();
    let mut worst = (0.0, String::new());
    for transfer in TRANSFERS {
        let kink = if let Transfer::Relu { threshold } = transfer { threshold } else { 0.0 };
        let list: Vec<_> = products().into_iter().filter(|&p| exists(transfer, p)).collect();
        let prepared: Vec<_> = list.iter().map(|&p| Average::new(transfer, p).unwrap()).collect();
        for sd in [
            0.0, 1e-6, 0.01, 0.1, 0.169, 0.171, 0.339, 0.341, 0.59, 0.61, 1.0, 1.19, 1.21, 3.0, 4.0, 10.0,
            37.0, 100.0,
        ] {
            for mean in [0.0, 0.3, -2.0, 9.0, -14.0, 30.0] {
                let evaluate = |x: f64, out: &mut [f64]| {
                    let jet = transfer.jet(x);
                    for (value, product) in out.iter_mut().zip(&list) {
                        *value = product.evaluate(x, &jet);
                    }
                };
                let oracle = oracle.averages(list.len(), evaluate, kink, mean, sd);
                for ((product, prepared), (expected, magnitude)) in list.iter().zip(&prepared).zip(oracle) {
                    // On the kink itself the average is the limit of narrow Gaussians, not a value.
                    let on_kink = sd == 0.0 && mean == kink && matches!(transfer, Transfer::Relu { .. });
                    if magnitude < 1e-200 || on_kink {
                        continue;
                    }
                    let value = prepared.at(mean, sd);
                    let error = (value - expected).abs() / magnitude;
                    assert!(!error.is_nan(), "{transfer:?} {product} mean {mean} sd {sd}");
                    if !(error <= worst.0) {
                        worst = (
                            error,
                            format!(
                                "{transfer:?} {product} mean {mean} sd {sd}: {value:e} against {expected:e}"
                            ),
                        );
                    }
                }
            }
        }
    }
    println!("worst one-dimensional average: {:.2e} ({})", worst.0, worst.1);
    assert!(worst.0 <= 1e-12, "{:e}: {}", worst.0, worst.1);
}

#[test]
fn products_of_many_factors_keep_their_digits_at_the_edges_of_the_rules() {
    // By brute force: the trapezoid rule in z with a step of 1/40, whose error is that of rounding.
    for product in high_products() {
        let prepared = Average::new(Transfer::Tanh, product).unwrap();
        for sd in [0.02, 0.1699, 0.1701, 0.4, 0.5999, 0.6001, 1.0] {
            for mean in [0.0, 0.4, -1.5] {
                let (mut expected, mut magnitude) = (0.0, 0.0);
                for k in -600..=600 {
                    let z = f64::from(k) / 40.0;
                    let x = mean + sd * z;
                    let value = normal_pdf(z) / 40.0 * product.evaluate(x, &Transfer::Tanh.jet(x));
                    expected += value;
                    magnitude += value.abs();
                }
                let error = (prepared.at(mean, sd) - expected).abs() / magnitude;
                assert!(error <= 1e-12, "{product} mean {mean} sd {sd}: {error:e}");
            }
        }
    }
}

#[test]
fn pair_averages_match_iterated_oracle() {
    let oracle = Oracle::new();
    let (phi, d1, d2, big) = (Product::VALUE, Product::FIRST, Product::SECOND, Product::PRIMITIVE);
    let mut worst = [(0.0, String::new()), (0.0, String::new())];
    let laws = [
        ([0.0, 0.0], [0.7, 1.3], 0.5),
        ([0.0, 0.0], [3.0, 2.5], -0.8),
        ([0.0, 0.0], [1.0, 1.0], 0.999),
        ([0.0, 0.0], [1.0, 2.0], 1.0),
        ([0.0, 0.0], [2.0, 1.0], -1.0),
        ([0.4, -1.0], [0.05, 2.0], 0.6),
        ([0.4, -1.0], [2.0, 0.05], 0.6),
        ([1.0, 0.3], [0.1, 0.12], 0.9),
        ([0.0, 0.5], [10.0, 8.0], 0.3),
        ([0.0, 0.0], [10.0, 10.0], 0.99),
        ([0.0, 0.0], [10.0, 0.5], 0.97),
        ([0.0, 0.0], [0.0, 0.5], 0.0),
        ([0.0, 0.0], [100.0, 90.0], 0.4),
        ([0.2, 0.0], [100.0, 2.0], 0.9),
        ([0.0, 0.0], [100.0, 100.0], 0.9999),
    ];
    for transfer in TRANSFERS {
        for (f, h) in
            [(phi, phi), (d1, d1), (phi, d2), (big, big), (d2, phi), (phi * phi, d1), (phi, Product::X * phi)]
        {
            if !(exists(transfer, f) && exists(transfer, h)) {
                continue;
            }
            let prepared = PairAverage::new(transfer, f, h).unwrap();
            for (mean, sd, correlation) in laws {
                let pair = Pair { mean, sd, correlation };
                let value = prepared.at(pair);
                // The inner average is one-dimensional, and those are tested above.
                let inner = Average::new(transfer, h).unwrap();
                let slope = if sd[0] > 0.0 { correlation * sd[1] / sd[0] } else { 0.0 };
                let rest = sd[1] * ((1.0 - correlation) * (1.0_f64 + correlation)).sqrt();
                let kink = if let Transfer::Relu { threshold } = transfer { threshold } else { 0.0 };
                if kink != 0.0 && rest == 0.0 {
                    continue;
                }
                let integrand = |x: f64| {
                    f.evaluate(x, &transfer.jet(x)) * inner.at(mean[1] + slope * (x - mean[0]), rest)
                };
                let (expected, magnitude) = oracle.average(integrand, kink, mean[0], sd[0]);
                // Seven standard deviations out in a tail the closed forms are small differences.
                let error = (value - expected).abs() / magnitude.max(1e-12);
                assert!(!error.is_nan(), "{transfer:?} {f}·{h} {pair:?}: {value}, {expected}");
                let class = usize::from(sd[0].max(sd[1]) > 10.0);
                if !(error <= worst[class].0) {
                    worst[class] =
                        (error, format!("{transfer:?} {f}·{h} {pair:?}: {value:e} against {expected:e}"));
                }
            }
        }
    }
    println!("worst pair averages: {worst:?}");
    assert!(worst[0].0 <= 1e-12, "{:?}", worst[0]);
    assert!(worst[1].0 <= 1e-10, "{:?}", worst[1]);
}

#[test]
fn gauss_hermite_with_200_nodes_fails_where_ours_does_not() {
    // Nodes and weights by Newton on the orthonormal recurrence.
    let n = 200_usize;
    let mut sum = 0.0;
    let mut total = 0.0;
    for i in 0..n {
        // Bisection on the sign changes of the 200th Hermite function.
        let evaluate = |x: f64| {
            let (mut previous, mut value) = (0.0, 1.0);
            for j in 0..n {
                let next = (x * value - (j as f64).sqrt() * previous) / ((j + 1) as f64).sqrt();
                (previous, value) = (value, next);
            }
            (value, previous)
        };
        let count_below = |x: f64| {
            // Sturm count through the eigenvalues of the Jacobi matrix.
            let mut d = -x;
            let mut count = usize::from(d < 0.0);
            for j in 1..n {
                d = -x - j as f64 / d;
                count += usize::from(d < 0.0);
            }
            count
        };
        let (mut low, mut high) = (-30.1, 30.0);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if count_below(middle) > i { high = middle } else { low = middle }
        }
        let node = 0.5 * (low + high);
        let weight = 1.0 / (n as f64 * evaluate(node).1.powi(2));
        total += weight;
        sum += weight * Transfer::Tanh.jet(4.0 * node).third;
    }
    assert!((total - 1.0).abs() < 1e-10, "{total}");
    assert!((sum + 0.00474).abs() < 2e-5, "Gauss–Hermite gives {sum}");
    let ours = average(Transfer::Tanh, Product::THIRD, 0.0, 4.0).unwrap();
    assert!((ours + 0.01158).abs() < 1e-5);
    let f = |x: f64| Transfer::Tanh.jet(x).third;
    assert!((ours - Oracle::new().average(f, 0.0, 0.0, 4.0).0).abs() < 1e-15);
}

#[test]
fn averages_share_weights_without_changing_values() {
    let list = products();
    for transfer in TRANSFERS {
        let list: Vec<_> = list.iter().copied().filter(|&p| exists(transfer, p)).collect();
        let together = Averages::new(transfer, &list).unwrap();
        let mut out = vec![0.0; list.len()];
        for (mean, sd) in [(0.0, 1.3), (0.5, 0.2), (-3.0, 5.0), (0.0, 0.0)] {
            together.at(mean, sd, &mut out);
            for (product, value) in list.iter().zip(&out) {
                let alone = average(transfer, *product, mean, sd).unwrap();
                assert!(
                    (alone - value).abs() <= 1e-13 * (1.0 + alone.abs()),
                    "{transfer:?} {product} {mean} {sd} {alone} {value}"
                );
            }
        }
    }
}

#[test]
fn products_of_too_many_factors_are_errors() {
    for transfer in TRANSFERS {
        for product in
            [Product { x: 200, ..Product::ONE }, Product { first: 255, third: 255, ..Product::ONE }]
        {
            assert!(Average::new(transfer, product).is_err());
            assert!(Averages::new(transfer, &[product]).is_err());
            assert!(PairAverage::new(transfer, Product::VALUE, product).is_err());
        }
    }
}

#[test]
fn averages_that_do_not_exist_are_errors() {
    let relu = Transfer::Relu { threshold: 0.5 };
    assert!(average(relu, Product::SECOND * Product::SECOND, 0.0, 1.0).is_err());
    assert!(average(relu, Product::VALUE * Product::THIRD, 0.0, 1.0).is_err());
    assert!(average(relu, Product::SECOND, 0.5, 0.0).is_err());
    assert!(average(Transfer::Tanh, Product::VALUE, f64::NAN, 1.0).is_err());
    assert!(average(Transfer::Tanh, Product::VALUE, 0.0, -1.0).is_err());
    let pair = Pair { mean: [0.0; 2], sd: [1.0; 2], correlation: 1.5 };
    assert!(pair_average(Transfer::Tanh, Product::VALUE, Product::VALUE, pair).is_err());
}

/// Bivariate normal upper tail against a fine panel rule over the exact conditional tail.
#[test]
fn bivariate_normal_upper_is_good_to_1e_14_up_to_correlation_one() {
    let rule = gauss_legendre(20);
    let mut worst: f64 = 0.0;
    for rho in [0.0, 0.2, 0.31, 0.74, 0.76, 0.92, 0.93, 0.99, 1.0 - 1e-4, 1.0 - 1e-6, 1.0 - 1e-8, 1.0 - 1e-12]
    {
        for sign in [1.0, -1.0] {
            let rho: f64 = sign * rho;
            let width = ((1.0 - rho) * (1.0 + rho)).sqrt();
            for h in [-3.0, -0.7, 0.0, 0.4, 2.5] {
                for k in [-2.0, -0.7, 0.0, 0.4 + 1e-7, 0.41, 3.0] {
                    // ∫_h^∞ n(u) Q((k − ρu)/w) du in panels that shrink around the transition.
                    let center: f64 = if rho == 0.0 { 0.0 } else { k / rho };
                    let mut edges: Vec<f64> = vec![h, 12.0];
                    for j in 0..80 {
                        let d = width * 1.5_f64.powi(j) * 0.05;
                        edges.extend([center - d, center + d]);
                    }
                    edges.extend((0..120).map(|j| -6.0 + 0.15 * f64::from(j)));
                    edges.retain(|e| (h..=12.0).contains(e));
                    edges.sort_by(f64::total_cmp);
                    let mut expected = 0.0;
                    for pair in edges.windows(2) {
                        let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
                        for (node, weight) in &rule {
                            let u = middle + half * node;
                            let tail =
                                0.5 * libm::erfc((k - rho * u) / width * std::f64::consts::FRAC_1_SQRT_2);
                            expected += half * weight * normal_pdf(u) * tail;
                        }
                    }
                    let error = (bivariate_normal_upper(h, k, rho) - expected).abs();
                    assert!(error < 1e-14, "h {h} k {k} rho {rho}: {error:e}");
                    worst = worst.max(error);
                }
            }
        }
    }
    println!("worst bivariate tail: {worst:e}");
    assert_eq!(bivariate_normal_upper(0.3, -0.2, 1.0), bivariate_normal_upper(0.3, f64::NEG_INFINITY, 0.0));
}

#[test]
fn hermite_series_agree_with_direct_pair_averages() {
    use attractorlab_numerics::gaussian::HermiteSeries;
    let (phi, d1, d2) = (Product::VALUE, Product::FIRST, Product::SECOND);
    for transfer in [Transfer::Tanh, Transfer::Erf, Transfer::Softplus, Transfer::Logistic] {
        let direct = [(phi, phi), (d1, d1), (phi, d2), (d2, phi)]
            .map(|(f, h)| PairAverage::new(transfer, f, h).unwrap());
        for sd in [[0.3, 0.5], [1.0, 1.5], [2.0, 1.8], [3.0, 0.4]] {
            let series = sd.map(|s| HermiteSeries::new(transfer, s).unwrap());
            for correlation in [-0.99, -0.4, 0.0, 0.3, 0.9, 0.99] {
                let pair = Pair { mean: [0.0; 2], sd, correlation };
                let moments = series[0].pair(&series[1], correlation);
                let values =
                    [moments.rates, moments.gains, moments.curvature_second, moments.curvature_first];
                for (i, (value, direct)) in values.iter().zip(&direct).enumerate() {
                    let expected = direct.at(pair);
                    let allowed = if i == 0 { 1e-12 + moments.error } else { 1e-8 };
                    assert!(moments.error < 1e-9, "{sd:?} {correlation}: bound {}", moments.error);
                    assert!(
                        (value - expected).abs() <= allowed,
                        "{transfer:?} {sd:?} {correlation} moment {i}: {value} against {expected}, {}",
                        moments.error
                    );
                }
            }
        }
    }
}

/// E f(x₁) h(x₂) on a grid several times finer than any step the library takes.
fn dense_pair_average(transfer: Transfer, f: Product, h: Product, pair: Pair) -> (f64, f64) {
    let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = pair;
    let nodes = |sd: f64| {
        let step = (0.25_f64).min(0.06 / sd);
        let last = (9.0 / step).ceil() as i32;
        (-last..=last).map(move |k| {
            let z = f64::from(k) * step;
            (z, step * (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt())
        })
    };
    let rest = s2 * ((1.0 - correlation) * (1.0 + correlation)).sqrt();
    let (mut sum, mut size) = (0.0, 0.0);
    for (z1, w1) in nodes(s1) {
        let x1 = m1 + s1 * z1;
        let value = w1 * f.evaluate(x1, &transfer.jet(x1));
        let center = m2 + correlation * s2 * z1;
        let inner = |x2: f64| value * h.evaluate(x2, &transfer.jet(x2));
        if rest == 0.0 {
            sum += inner(center);
            size += inner(center).abs();
        } else {
            for (z2, w2) in nodes(s2) {
                let term = w2 * inner(center + rest * z2);
                sum += term;
                size += term.abs();
            }
        }
    }
    (sum, size)
}

#[test]
fn moderate_pair_averages_match_a_dense_grid() {
    let products = [
        [Product::VALUE, Product::VALUE],
        [Product::FIRST, Product::FIRST],
        [Product::SECOND, Product::VALUE],
        [Product::THIRD, Product::FIRST * Product::FIRST],
        [Product::SECOND, Product::SECOND],
    ];
    let mut worst = 0.0_f64;
    for transfer in [Transfer::Tanh, Transfer::Logistic] {
        for [f, h] in products {
            let average = PairAverage::new(transfer, f, h).unwrap();
            // On both sides of every change of method, the strongest correlations included.
            for (s1, s2) in [(0.03, 0.02), (0.2, 0.17), (0.7, 0.4), (0.5, 1.5), (3.0, 2.7), (3.6, 3.4)] {
                for correlation in [-1.0, -0.999, -0.6, 0.0, 0.9, 0.999_999, 1.0] {
                    for mean in [[0.0; 2], [1.9, -1.2], [5.9, 0.5]] {
                        let pair = Pair { mean, sd: [s1, s2], correlation };
                        let (exact, size) = dense_pair_average(transfer, f, h, pair);
                        let error = (average.at(pair) - exact).abs() / size;
                        worst = worst.max(error);
                        assert!(error <= 1e-12, "{transfer:?} {f} {h} {pair:?}: {error:e}");
                    }
                }
            }
        }
    }
    println!("worst error {worst:e}");
}

/// E f(x₁) h(x₂) of functions that die out, on the lattice of multiples of 1/20 up to 26, where the density of two variables
/// is smooth on that scale.
fn lattice_pair_average(transfer: Transfer, f: Product, h: Product, pair: Pair) -> (f64, f64) {
    let Pair { mean: [m1, m2], sd: [s1, s2], correlation } = pair;
    let points: Vec<f64> = (-520..=520).map(|k| f64::from(k) / 20.0).collect();
    let values = |p: Product| points.iter().map(|x| p.evaluate(*x, &transfer.jet(*x))).collect::<Vec<f64>>();
    let (left, right) = (values(f), values(h));
    let rest = (1.0 - correlation) * (1.0 + correlation);
    let norm = 1.0 / (400.0 * std::f64::consts::TAU * s1 * s2 * rest.sqrt());
    let (mut sum, mut size) = (0.0, 0.0);
    for (x1, f) in points.iter().zip(&left) {
        let u = (x1 - m1) / s1;
        let mut inner = (0.0, 0.0);
        for (x2, h) in points.iter().zip(&right) {
            let v = (x2 - m2) / s2;
            let term = h * (-(u * u - 2.0 * correlation * u * v + v * v) / (2.0 * rest)).exp();
            inner = (inner.0 + term, inner.1 + term.abs());
        }
        sum += f * inner.0;
        size += f.abs() * inner.1;
    }
    (norm * sum, norm * size)
}

#[test]
fn pair_averages_of_products_with_high_poles_match_independent_rules() {
    let (phi, d1, d2, d3) = (Product::VALUE, Product::FIRST, Product::SECOND, Product::THIRD);
    let power = |p: Product, n: usize| (0..n).fold(Product::ONE, |product, _| product * p);
    let local = [
        [d2, d2],
        [d3, d3],
        [power(d1, 3), power(d2, 2)],
        [power(d2, 4), power(d2, 4)],
        [power(d3, 4), power(d1, 4)],
        [power(phi, 3) * d2, power(phi, 2) * power(d3, 2)],
        [power(d2, 8), d1],
    ];
    let mut worst = [0.0_f64; 2];
    let mut check = |value: f64, (exact, size): (f64, f64), pair: Pair, what: &str| {
        let error = (value - exact).abs() / size.max(1e-12);
        let far = usize::from(pair.sd[0].max(pair.sd[1]) > 10.0);
        worst[far] = if error > worst[far] || error.is_nan() { error } else { worst[far] };
        assert!(error <= [1e-12, 1e-10][far], "{what} {pair:?}: {value:e} against {exact:e}, {error:e}");
    };
    for [f, h] in local {
        for transfer in [Transfer::Tanh, Transfer::Logistic] {
            let average = PairAverage::new(transfer, f, h).unwrap();
            let name = format!("{transfer:?} {f} {h}");
            for (s1, s2, correlation) in
                [(1.0, 0.9, 0.4), (3.0, 2.0, -0.8), (3.4, 3.6, 0.1), (10.0, 8.0, 0.9), (100.0, 90.0, 0.3)]
            {
                for mean in [[0.0; 2], [1.0, -2.5]] {
                    let pair = Pair { mean, sd: [s1, s2], correlation };
                    check(average.at(pair), lattice_pair_average(transfer, f, h, pair), pair, &name);
                }
            }
            for (s1, s2, correlation) in
                [(0.03, 0.02, 0.5), (0.1, 0.16, -0.7), (0.17, 0.1, 1.0), (0.4, 0.5, 0.999), (2.0, 1.5, -1.0)]
            {
                for mean in [[0.0; 2], [0.4, -0.9]] {
                    let pair = Pair { mean, sd: [s1, s2], correlation };
                    check(average.at(pair), dense_pair_average(transfer, f, h, pair), pair, &name);
                }
            }
        }
    }
    // Functions that do not die out: panels over x₁ around the average over x₂, which is tested by itself.
    let oracle = Oracle::new();
    for [f, h] in [
        [power(phi, 4), power(phi, 4)],
        [power(phi, 7), d3],
        [Product::X * Product::X * power(phi, 5), power(phi, 3)],
        [Product { x: 4, second: 2, third: 2, ..Product::ONE }, phi],
    ] {
        let transfer = Transfer::Tanh;
        let average = PairAverage::new(transfer, f, h).unwrap();
        let inner = Average::new(transfer, h).unwrap();
        for (s1, s2, correlation) in
            [(0.1, 0.12, 0.9), (0.5, 0.6, -0.99), (2.0, 3.0, 0.5), (10.0, 7.0, 0.8), (90.0, 100.0, -0.6)]
        {
            for mean in [[0.0; 2], [1.0, -0.5]] {
                let pair = Pair { mean, sd: [s1, s2], correlation };
                let rest = s2 * ((1.0 - correlation) * (1.0_f64 + correlation)).sqrt();
                let integrand = |x: f64| {
                    let center = mean[1] + correlation * s2 / s1 * (x - mean[0]);
                    f.evaluate(x, &transfer.jet(x)) * inner.at(center, rest)
                };
                let exact = oracle.average(integrand, 0.0, mean[0], s1);
                check(average.at(pair), exact, pair, &format!("{f} {h}"));
            }
        }
    }
    println!("worst errors {worst:?}");
}
