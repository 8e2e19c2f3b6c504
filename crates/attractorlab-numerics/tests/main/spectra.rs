//! Spectra and resolvents against their definitions, with a regression test for each trap found in faer.

use attractorlab_numerics::kernels::dot;
use attractorlab_numerics::linalg::{
    ArnoldiOptions, ArnoldiStatus, Complex64, Eigen, Hessenberg, KrylovResponse, Leading, LinalgError,
    LinearOperator, Lu, Mat, MatRef, Svd, SymmetricEigen, Transposed, complex_eigenvalues, eigenvalues,
    frobenius_norm, leading_eigenvalues, matvec, matvec_transposed,
};

use crate::matrices::{distance, gaussian, vector, zoo};

/// faer returned eigenvectors of lengths 5 to 1e11, and Inf or NaN for Jordan chains.
#[test]
fn eigenvectors_are_finite_normalised_and_satisfy_their_equations() {
    for n in [2, 33, 120] {
        for (name, a) in zoo(n) {
            let eigen = Eigen::new(a.as_ref()).unwrap_or_else(|error| panic!("{name}, n = {n}: {error}"));
            assert!(eigen.residual < 1e-13, "{name}, n = {n}: residual {:e}", eigen.residual);
            let defective = eigen.defective.clone().map(|d| d.columns).unwrap_or_default();
            let norm = frobenius_norm(a.as_ref()).max(f64::MIN_POSITIVE);
            for j in 0..n {
                let column = |m: &Mat<Complex64>| (0..n).map(|i| m[(i, j)]).collect::<Vec<_>>();
                let (right, left) = (column(&eigen.right), column(&eigen.left));
                let length = |x: &[Complex64]| x.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
                assert!((length(&right) - 1.0).abs() < 1e-13, "{name}, n = {n}, column {j}");
                // left^H A = λ left^H, relative to the length of the left vector.
                let error = (0..n)
                    .map(|c| {
                        let sum: Complex64 = (0..n).map(|i| left[i].conj() * a[(i, c)]).sum();
                        (sum - eigen.values[j] * left[c].conj()).norm_sqr()
                    })
                    .sum::<f64>()
                    .sqrt();
                assert!(error <= 1e-12 * norm * length(&left), "{name}, n = {n}, left vector {j}: {error:e}");
                if !defective.contains(&j) {
                    for i in 0..n {
                        let overlap: Complex64 =
                            (0..n).map(|l| eigen.left[(l, i)].conj() * eigen.right[(l, j)]).sum();
                        let target = if i == j { 1.0 } else { 0.0 };
                        let scale = eigen.condition[i].max(eigen.condition[j]);
                        let limit = if defective.contains(&i) { 1e-6 } else { 1e-11 * scale };
                        assert!((overlap - target).norm() < limit, "{name}, n = {n}, overlap ({i}, {j})");
                    }
                }
            }
            let expect_defective = matches!(name, "chain" | "strictly upper triangular");
            if expect_defective || !name.contains("chain") {
                assert_eq!(eigen.is_defective(), expect_defective, "{name}, n = {n}");
            }
        }
    }
}

#[test]
fn an_outlier_next_to_a_jordan_chain_keeps_its_vectors() {
    // A chain of 40 units beside one unit with a loop of strength 2.
    let n = 41;
    let a = Mat::from_fn(n, n, |i, j| {
        if i == j && i == 40 {
            2.0
        } else if j == i + 1 && j < 40 {
            1.0
        } else {
            0.0
        }
    });
    let eigen = Eigen::new(a.as_ref()).expect("finite");
    let outlier = (0..n).find(|&i| eigen.values[i].re > 1.0).expect("the loop");
    let defective = eigen.defective.expect("the chain");
    assert_eq!(defective.columns.len(), 40);
    assert!(!defective.columns.contains(&outlier));
    assert!((eigen.condition[outlier] - 1.0).abs() < 1e-12);
    assert!((eigen.left[(40, outlier)].norm() - 1.0).abs() < 1e-12);
}

#[test]
fn complex_spectra_agree_with_real_ones() {
    let a = gaussian(24, 24, 40);
    let complex = Mat::from_fn(24, 24, |i, j| Complex64::new(a[(i, j)], 0.0));
    let mut one = eigenvalues(a.as_ref()).expect("finite");
    let mut two = complex_eigenvalues(complex.as_ref()).expect("finite");
    for spectrum in [&mut one, &mut two] {
        spectrum.sort_by(|x, y| (x.re.round(), x.im).partial_cmp(&(y.re.round(), y.im)).expect("finite"));
    }
    let worst = one
        .iter()
        .map(|x| two.iter().map(|y| (x - y).norm()).fold(f64::INFINITY, f64::min))
        .fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst:e}");
    let tiny = Mat::from_fn(24, 24, |i, j| complex[(i, j)] * 1e-100);
    let scaled = complex_eigenvalues(tiny.as_ref()).expect("finite");
    assert!(scaled.iter().all(|x| two.iter().any(|y| (x / 1e-100 - y).norm() < 1e-12)));
}

#[test]
fn symmetric_spectra_agree_with_general_ones() {
    for n in [1, 2, 33, 150, 330] {
        let g = gaussian(n, n, 50);
        let a = Mat::from_fn(n, n, |i, j| g[(i, j)] + g[(j, i)]);
        let eigen = SymmetricEigen::new(a.as_ref()).expect("symmetric");
        assert!(eigen.residual < 1e-14 && eigen.values.is_sorted());
        let mut general: Vec<f64> = eigenvalues(a.as_ref()).expect("finite").iter().map(|z| z.re).collect();
        general.sort_by(f64::total_cmp);
        assert!(distance(&general, &eigen.values) < 1e-12 * frobenius_norm(a.as_ref()), "n = {n}");
        // faer's values are wrong by all their digits for n = 150 from entries of some thousands on.
        for exponent in [-60, -20, -9, 3, 14, 30, 60] {
            let scale = 2.0_f64.powi(exponent);
            let scaled = Mat::from_fn(n, n, |i, j| scale * a[(i, j)]);
            let found = SymmetricEigen::new(scaled.as_ref()).expect("symmetric");
            let worst = distance(&found.values, &eigen.values.iter().map(|v| scale * v).collect::<Vec<_>>());
            assert!(worst < 1e-13 * scale * frobenius_norm(a.as_ref()), "n = {n}, 2^{exponent}: {worst:e}");
        }
    }
    let crooked = Mat::from_fn(2, 2, |i, j| if i < j { 1.0 } else { 0.0 });
    assert_eq!(
        SymmetricEigen::new(crooked.as_ref()).unwrap_err(),
        LinalgError::NotSymmetric { row: 0, col: 1, difference: 1.0 }
    );
}

#[test]
fn resolvents_agree_with_elimination() {
    for n in [1, 2, 3, 40, 300] {
        let a = gaussian(n, n, 60);
        let reduced = Hessenberg::new(a.as_ref()).expect("finite");
        let b: Vec<Complex64> =
            vector(n, 61).iter().zip(vector(n, 62)).map(|(&re, im)| Complex64::new(re, im)).collect();
        for s in [Complex64::new(0.3, 2.0), Complex64::new(30.0, 0.0), Complex64::new(0.0, 0.0)] {
            let x = reduced.solve_shifted(s, &b).expect("regular");
            let size = x.iter().map(|z| z.norm()).fold(1.0, f64::max);
            for i in 0..n {
                let back = s * x[i] - (0..n).map(|j| a[(i, j)] * x[j]).sum::<Complex64>();
                assert!((back - b[i]).norm() < 1e-12 * size * (n as f64).sqrt(), "n = {n}, s = {s}");
            }
            let c = vector(n, 63);
            let real_b: Vec<f64> = b.iter().map(|z| z.re).collect();
            let response = reduced.frequency_response(&c, &real_b, &[s]).expect("regular")[0];
            let b: Vec<Complex64> = real_b.iter().map(|&re| Complex64::new(re, 0.0)).collect();
            let x = reduced.solve_shifted(s, &b).expect("regular");
            let direct: Complex64 = x.iter().zip(&c).map(|(x, c)| x * c).sum();
            assert!((response - direct).norm() < 1e-11 * size * n as f64);
        }
    }
    let singular = Hessenberg::new(Mat::<f64>::identity(3, 3).as_ref()).expect("finite");
    let one = Complex64::new(1.0, 0.0);
    assert!(matches!(singular.solve_shifted(one, &[one; 3]), Err(LinalgError::Singular { .. })));
}

/// `J diag(d)` with `J = bulk + (columns) (rows)ᵀ / N`, never formed.
struct Network {
    bulk: Mat<f64>,
    left: Vec<Vec<f64>>,
    right: Vec<Vec<f64>>,
    gain: Vec<f64>,
}

impl LinearOperator for Network {
    fn dim(&self) -> usize {
        self.gain.len()
    }
    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let scaled: Vec<f64> = x.iter().zip(&self.gain).map(|(x, gain)| x * gain).collect();
        matvec(self.bulk.as_ref(), &scaled, out);
        for (m, n) in self.left.iter().zip(&self.right) {
            let along = dot(n, &scaled) / x.len() as f64;
            out.iter_mut().zip(m).for_each(|(out, m)| *out += m * along);
        }
    }
    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        matvec_transposed(self.bulk.as_ref(), x, out);
        for (m, n) in self.left.iter().zip(&self.right) {
            let along = dot(m, x) / x.len() as f64;
            out.iter_mut().zip(n).for_each(|(out, n)| *out += n * along);
        }
        out.iter_mut().zip(&self.gain).for_each(|(out, gain)| *out *= gain);
    }
}

impl Network {
    /// Bulk radius about 0.6; outliers near `block`'s eigenvalues.
    fn new(n: usize, block: [[f64; 2]; 2]) -> Self {
        let scale = 0.8 / (n as f64).sqrt();
        let bulk = gaussian(n, n, 90);
        let left = vec![vector(n, 91), vector(n, 92)];
        let combine = |j: usize| -> Vec<f64> {
            (0..n).map(|i| block[0][j] * left[0][i] + block[1][j] * left[1][i]).collect()
        };
        let columns = vec![combine(0), combine(1)];
        Self {
            bulk: Mat::from_fn(n, n, |i, j| scale * bulk[(i, j)]),
            right: left,
            left: columns,
            gain: (0..n).map(|i| 0.5 + 0.5 * (i % 2) as f64).collect(),
        }
    }

    fn matrix(&self) -> Mat<f64> {
        let n = self.dim();
        Mat::from_fn(n, n, |i, j| {
            let low: f64 = self.left.iter().zip(&self.right).map(|(l, r)| l[i] * r[j]).sum();
            (self.bulk[(i, j)] + low / n as f64) * self.gain[j]
        })
    }
}

#[test]
fn outliers_are_found_without_the_matrix() {
    let n = 200;
    for (block, leading, count) in [
        ([[2.0, 0.0], [0.0, 0.3]], Leading::Magnitude, 1),
        // A complex pair of outliers: asking for one gives both.
        ([[1.5, -2.0], [2.0, 1.5]], Leading::Magnitude, 2),
        // −3 has the larger modulus, 2 the larger real part.
        ([[2.0, 0.0], [0.0, -3.0]], Leading::Magnitude, 1),
        ([[2.0, 0.0], [0.0, -3.0]], Leading::RealPart, 1),
    ] {
        let network = Network::new(n, block);
        let options = ArnoldiOptions { leading, ..ArnoldiOptions::default() };
        let found = leading_eigenvalues(&network, 1, &options).expect("finite");
        assert_eq!(found.status, ArnoldiStatus::Converged, "{block:?}");
        assert_eq!(found.values.len(), count, "{block:?}");
        let dense = eigenvalues(network.matrix().as_ref()).expect("finite");
        let rank = |z: &Complex64| if leading == Leading::Magnitude { z.norm() } else { z.re };
        let best = dense.iter().max_by(|x, y| rank(x).total_cmp(&rank(y))).expect("not empty");
        let error = (found.values[0] - best).norm().min((found.values[0] - best.conj()).norm());
        assert!(error < 1e-8, "{block:?} {leading:?}: {} and {best}", found.values[0]);
        for (j, residual) in found.residuals.iter().enumerate() {
            assert!(*residual < 1e-9 * found.values[j].norm());
            let norm: f64 = found.vectors.col(j).iter().map(Complex64::norm_sqr).sum();
            assert!((norm - 1.0).abs() < 1e-12);
        }
        let left = leading_eigenvalues(&Transposed(&network), 1, &options).expect("finite");
        assert!((left.values[0].re - best.re).abs() < 1e-8, "{block:?}: left");
    }
}

/// Eigenvalues at the edge of a bulk take hundreds of restarts: that is said, not hidden, and soon.
#[test]
fn a_search_in_the_bulk_stalls_and_says_so() {
    let n = 300;
    let a = gaussian(n, n, 95);
    let options = ArnoldiOptions { max_restarts: 2, ..ArnoldiOptions::default() };
    let found = leading_eigenvalues(&a, 4, &options).expect("finite");
    assert_eq!(found.status, ArnoldiStatus::Stalled);
    assert!(found.iterations < 200 && found.residuals.iter().any(|r| *r > 1e-9));
}

#[test]
fn special_operators_are_searched_without_breakdown() {
    let options = ArnoldiOptions::default();
    for (name, a) in zoo(60) {
        let found = leading_eigenvalues(&a, 1, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        if name == "rank 2" || name == "zero" || name == "antisymmetric" {
            let largest =
                eigenvalues(a.as_ref()).expect("finite").iter().map(|z| z.norm()).fold(0.0, f64::max);
            assert!((found.values[0].norm() - largest).abs() < 1e-9 * largest.max(1.0), "{name}");
            assert_eq!(found.status, ArnoldiStatus::Converged, "{name}");
        }
    }
    for n in 1..6 {
        let a = gaussian(n, n, 96);
        let found = leading_eigenvalues(&a, n, &options).expect("finite");
        assert_eq!((found.status, found.values.len()), (ArnoldiStatus::Converged, n), "n = {n}");
    }
    let empty = Mat::<f64>::zeros(0, 0);
    assert!(leading_eigenvalues(&empty, 3, &options).expect("empty").values.is_empty());
    let mut bad = Mat::<f64>::identity(4, 4);
    bad[(1, 2)] = f64::NAN;
    assert_eq!(leading_eigenvalues(&bad, 1, &options).unwrap_err(), LinalgError::OperatorNotFinite);
}

/// faer's issue 274: bits changed with the number of threads. Serial calls cannot, wherever they run.
#[test]
fn bits_do_not_depend_on_the_thread() {
    let spectrum = || {
        let a = gaussian(120, 120, 70);
        let symmetric = Mat::from_fn(120, 120, |i, j| a[(i, j)] + a[(j, i)]);
        let mut bits: Vec<u64> =
            eigenvalues(a.as_ref()).expect("finite").iter().map(|z| z.re.to_bits()).collect();
        let eigen = SymmetricEigen::new(symmetric.as_ref()).expect("symmetric");
        bits.extend(eigen.values.iter().map(|value| value.to_bits()));
        bits.extend(eigen.vectors.col_iter().flat_map(|c| c.iter().map(|v| v.to_bits())));
        bits
    };
    let here = spectrum();
    let there: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..3).map(|_| scope.spawn(spectrum)).collect();
        handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
    });
    assert!(there.iter().all(|bits| *bits == here));
}

/// faer does not scale: with entries near 1e-30 it returned a wrong spectrum, without an error.
#[test]
fn tiny_and_huge_matrices_are_decomposed() {
    for scale in [1e-306, 1e-200, 1e-30, 1e30, 1e150, 1e300] {
        let g = gaussian(40, 40, 97);
        let a = Mat::from_fn(40, 40, |i, j| scale * g[(i, j)]);
        let eigen = Eigen::new(a.as_ref()).unwrap_or_else(|error| panic!("{scale:e}: {error}"));
        assert!(eigen.residual < 1e-13 && !eigen.is_defective(), "{scale:e}");
        let plain = eigenvalues(g.as_ref()).expect("finite");
        for value in &eigen.values {
            let near = plain.iter().map(|z| (z - value / scale).norm()).fold(f64::INFINITY, f64::min);
            assert!(near < 1e-11, "{scale:e}: {value}");
        }
        let svd = Svd::new(a.as_ref()).unwrap_or_else(|error| panic!("{scale:e}: {error}"));
        assert!(svd.residual(a.as_ref()) < 1e-13, "{scale:e}");
        let symmetric = Mat::from_fn(40, 40, |i, j| a[(i, j)] + a[(j, i)]);
        let eigen =
            SymmetricEigen::new(symmetric.as_ref()).unwrap_or_else(|error| panic!("{scale:e}: {error}"));
        assert!(eigen.residual < 1e-13, "{scale:e}");
        Lu::new(a.as_ref()).unwrap_or_else(|error| panic!("{scale:e}: {error}"));
    }
}

/// ‖b − (s − A) x‖ / (‖A‖ ‖x‖ + ‖b‖) in Frobenius norms.
fn backward_error(a: &Mat<f64>, b: &[f64], s: Complex64, x: &[Complex64]) -> f64 {
    let n = b.len();
    let norm = |v: &dyn Fn(usize) -> Complex64| (0..n).map(|i| v(i).norm_sqr()).sum::<f64>().sqrt();
    let image = |i: usize| (0..n).map(|j| a[(i, j)] * x[j]).sum::<Complex64>();
    let residual = norm(&|i| b[i] - s * x[i] + image(i));
    residual / (a.norm_l2() * norm(&|i| x[i]) + norm(&|i| Complex64::new(b[i], 0.0)))
}

#[test]
fn solutions_on_krylov_spaces_have_the_backward_error_of_solves() {
    let frequencies: Vec<Complex64> = (0..21).map(|k| Complex64::new(1.0, 0.3 * f64::from(k))).collect();
    for n in [1, 2, 7, 60, 200] {
        let radius = 0.6 / (n as f64).sqrt();
        let a = gaussian(n, n, 40);
        let a = Mat::from_fn(n, n, |i, j| radius * a[(i, j)]);
        let b = vector(n, 41);
        // All of x, as n outputs.
        let mut response = KrylovResponse::new(&b, Mat::identity(n, n), n).unwrap();
        let found = response.at(&a, &frequencies[..11]).unwrap().expect("at most n steps");
        let steps = response.steps();
        assert!(n < 200 || (40..120).contains(&steps), "0.6^70 is 3e-16: {steps}");
        // What comes later is found on the space as it is.
        let later = response.at(&a, &frequencies[11..]).unwrap().expect("at most n steps");
        assert_eq!(response.steps(), steps);
        for (&s, x) in frequencies.iter().zip(found.iter().chain(&later)) {
            let error = backward_error(&a, &b, s, x);
            assert!(error < 1e-14, "{n} {s}: {error:e}");
        }
        let readouts = gaussian(n, 2, 42);
        let expected = Hessenberg::new(a.as_ref())
            .unwrap()
            .transfer_matrices(readouts.as_ref(), MatRef::from_column_major_slice(&b, n, 1), &frequencies)
            .unwrap();
        let found = KrylovResponse::new(&b, readouts, n).unwrap().at(&a, &frequencies).unwrap().unwrap();
        for (found, expected) in found.iter().zip(&expected) {
            for (l, found) in found.iter().enumerate() {
                assert!((found - expected[(l, 0)]).norm() < 1e-12 * expected.norm_l2());
            }
        }
    }
}

#[test]
fn krylov_responses_give_up_at_their_limit_and_know_eigenvalues() {
    let all = |n: usize| Mat::<f64>::identity(n, n);
    let i = Complex64::i();
    // The powers of a shift reach one more entry a step, and s at the edge of its pseudospectrum needs them all.
    let shift = Mat::from_fn(30, 30, |i, j| if i == j + 1 { 1.0 } else { 0.0 });
    let mut first = vec![0.0; 30];
    first[0] = 1.0;
    assert_eq!(KrylovResponse::new(&first, all(30), 20).unwrap().at(&shift, &[i]).unwrap(), None);
    let x = KrylovResponse::new(&first, all(30), 30).unwrap().at(&shift, &[i]).unwrap().unwrap();
    for (k, x) in x[0].iter().enumerate() {
        assert!((x - i.powi(-1 - k as i32)).norm() < 1e-14);
    }
    // An invariant subspace, and a part of the space that b does not reach: the last entry alone is sᵢ = 3.
    let blocks = Mat::from_fn(12, 12, |i, j| if i == j { [0.5, 3.0][usize::from(i == 11)] } else { 0.0 });
    let mut response = KrylovResponse::new(&first[..12], all(12), 12).unwrap();
    let x = response.at(&blocks, &[Complex64::new(3.0, 0.0), i]).unwrap().unwrap();
    assert!((x[0][0] - 0.4).norm() < 1e-15 && (x[1][0] - 1.0 / (i - 0.5)).norm() < 1e-15);
    assert_eq!(
        response.at(&blocks, &[Complex64::new(0.5, 0.0)]).unwrap_err(),
        LinalgError::Singular { pivot: 0, size: 12 }
    );
    // No input, and one that is none.
    let silent = KrylovResponse::new(&[0.0; 12], all(12), 12).unwrap().at(&blocks, &[i]).unwrap().unwrap();
    assert!(silent[0].iter().all(|x| x.norm() == 0.0));
    assert!(KrylovResponse::new(&[1.0, f64::NAN], all(2), 2).is_err());
    assert!(KrylovResponse::new(&[1.0, 1.0], Mat::from_fn(2, 1, |_, _| f64::NAN), 2).is_err());
    // Inputs whose squares are out of range are inputs like others.
    for size in [1e-300, 1e-160, 1e160, 1e300] {
        let input: Vec<f64> = first[..12].iter().map(|entry| size * entry).collect();
        let x = KrylovResponse::new(&input, all(12), 12).unwrap().at(&blocks, &[i]).unwrap().unwrap();
        assert!((x[0][0] / size - 1.0 / (i - 0.5)).norm() < 1e-15 && x[0][11].norm() == 0.0, "{size}");
    }
    let nowhere = Complex64::new(f64::NAN, 0.0);
    let x =
        KrylovResponse::new(&first[..12], all(12), 12).unwrap().at(&blocks, &[nowhere, i]).unwrap().unwrap();
    assert!(x[0][0].re.is_nan() && (x[1][0] - 1.0 / (i - 0.5)).norm() < 1e-15);
    // Far from the spectrum what is nearly zero overflows nowhere.
    let small =
        Mat::from_fn(60, 60, |i, j| 1e-12 * blocks[(i % 12, j % 12)] + 1e-9 * shift[(i % 30, j % 30)]);
    let b = vector(60, 43);
    for s in [1e-9, 1.0, 1e100] {
        let s = Complex64::new(s, s);
        let x = KrylovResponse::new(&b, all(60), 60).unwrap().at(&small, &[s]).unwrap().unwrap();
        assert!(backward_error(&small, &b, s, &x[0]) < 1e-14, "{s}");
    }
}
