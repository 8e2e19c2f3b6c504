//! Decompositions against their definitions, and one regression test for each trap found in faer.

use attractorlab_numerics::linalg::{
    Cholesky, Complex64, Eigen, Hessenberg, Ldlt, LinalgError, Lu, Mat, MatRef, Qr, Svd, SymmetricEigen,
    complex_eigenvalues, eigenvalues, frobenius_norm, matmul, matmul_transposed, matvec, matvec_transposed,
    singular_values,
};
use attractorlab_numerics::random::Stream;

fn gaussian(rows: usize, cols: usize, seed: u64) -> Mat<f64> {
    let mut stream = Stream::new(seed, "test matrix", 0);
    Mat::from_fn(rows, cols, |_, _| stream.normal())
}

fn vector(n: usize, seed: u64) -> Vec<f64> {
    Stream::new(seed, "test vector", 0).normals(n)
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// Matrices of the field, with a name: connectivities that are special in one way each.
fn zoo(n: usize) -> Vec<(&'static str, Mat<f64>)> {
    let scale = 1.0 / (n as f64).sqrt();
    let bulk = gaussian(n, n, 1);
    let (m, k) = (vector(n, 2), vector(n, 3));
    let (p, q) = (vector(n, 4), vector(n, 5));
    let mut stream = Stream::new(6, "noise", 0);
    vec![
        ("Ginibre", Mat::from_fn(n, n, |i, j| scale * bulk[(i, j)])),
        ("antisymmetric", Mat::from_fn(n, n, |i, j| scale * (bulk[(i, j)] - bulk[(j, i)]))),
        (
            "excitatory and inhibitory",
            Mat::from_fn(n, n, |i, j| scale * bulk[(i, j)].abs() * if 5 * j < 4 * n { 1.0 } else { -4.0 }),
        ),
        ("rank 2", Mat::from_fn(n, n, |i, j| (m[i] * k[j] + p[i] * q[j]) / n as f64)),
        (
            "identity plus rank 1",
            Mat::from_fn(n, n, |i, j| m[i] * k[j] / n as f64 + if i == j { 1.0 } else { 0.0 }),
        ),
        ("cyclic permutation", Mat::from_fn(n, n, |i, j| if (i + 1) % n == j { 1.0 } else { 0.0 })),
        ("zero", Mat::zeros(n, n)),
        (
            "nearly a chain",
            Mat::from_fn(n, n, |i, j| 1e-12 * stream.normal() + if j == i + 1 { 1.0 } else { 0.0 }),
        ),
        ("chain", Mat::from_fn(n, n, |i, j| if j == i + 1 { 1.0 } else { 0.0 })),
        ("strictly upper triangular", Mat::from_fn(n, n, |i, j| if j > i { bulk[(i, j)] } else { 0.0 })),
    ]
}

#[test]
fn products_agree_with_their_sums() {
    for (m, n) in [(1, 1), (3, 5), (50, 20), (129, 67)] {
        let a = gaussian(m, n, 10);
        let (x, y) = (vector(n, 11), vector(m, 12));
        let (mut ax, mut aty) = (vec![f64::NAN; m], vec![f64::NAN; n]);
        matvec(a.as_ref(), &x, &mut ax);
        matvec_transposed(a.as_ref(), &y, &mut aty);
        for i in 0..m {
            let sum: f64 = (0..n).map(|j| a[(i, j)] * x[j]).sum();
            assert!((ax[i] - sum).abs() < 1e-12, "row {i} of {m}×{n}");
        }
        for j in 0..n {
            let sum: f64 = (0..m).map(|i| a[(i, j)] * y[i]).sum();
            assert!((aty[j] - sum).abs() < 1e-12, "column {j} of {m}×{n}");
        }
        let mut gram = Mat::zeros(n, n);
        matmul_transposed(a.as_ref(), a.as_ref(), gram.as_mut());
        assert!((gram[(0, n - 1)] - (0..m).map(|i| a[(i, 0)] * a[(i, n - 1)]).sum::<f64>()).abs() < 1e-12);
    }
    let empty = Mat::<f64>::zeros(3, 0);
    let mut out = [1.0; 3];
    matvec(empty.as_ref(), &[], &mut out);
    assert_eq!(out, [0.0; 3]);
}

#[test]
fn linear_systems_are_solved() {
    for n in [1, 2, 7, 64, 150] {
        let a = gaussian(n, n, 20);
        let x = vector(n, 21);
        let (mut b, mut bt) = (vec![0.0; n], vec![0.0; n]);
        matvec(a.as_ref(), &x, &mut b);
        matvec_transposed(a.as_ref(), &x, &mut bt);
        let lu = Lu::new(a.as_ref()).expect("a Gaussian matrix is regular");
        let tolerance = 1e-15 * n as f64 / lu.reciprocal_condition();
        assert!(distance(&lu.solve(&b), &x) < tolerance, "n = {n}");
        assert!(distance(&lu.solve_transposed(&bt), &x) < tolerance, "n = {n}, transposed");
        // The determinant from the spectrum.
        let spectrum = eigenvalues(a.as_ref()).expect("finite");
        let log: f64 = spectrum.iter().map(|z| z.norm().ln()).sum();
        let phase: Complex64 = spectrum.iter().map(|z| z / z.norm()).product();
        assert!((lu.log_abs_determinant() - log).abs() < 1e-9);
        assert!((lu.determinant_sign() - phase.re).abs() < 1e-6);
        // The reciprocal condition from the inverse.
        let norm_1 = |a: MatRef<'_, f64>| {
            (0..n).map(|j| a.col(j).iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max)
        };
        let exact = 1.0 / (norm_1(a.as_ref()) * norm_1(lu.inverse().as_ref()));
        let estimate = lu.reciprocal_condition();
        assert!(estimate >= 0.999 * exact.min(1.0) && estimate < 4.0 * exact, "{estimate} for {exact}");

        let mut gram = Mat::identity(n, n);
        matmul(a.as_ref(), a.as_ref().transpose(), gram.as_mut());
        for i in 0..n {
            gram[(i, i)] += 1.0;
        }
        matvec(gram.as_ref(), &x, &mut b);
        let cholesky = Cholesky::new(gram.as_ref()).expect("positive definite");
        assert!(distance(&cholesky.solve(&b), &x) < 1e-9);
        assert!(distance(&Ldlt::new(gram.as_ref()).expect("definite").solve(&b), &x) < 1e-9);
        let log = Lu::new(gram.as_ref()).expect("regular").log_abs_determinant();
        assert!((cholesky.log_determinant() - log).abs() < 1e-9);
    }
}

#[test]
fn least_squares_leaves_a_misfit_orthogonal_to_the_columns() {
    for (m, n) in [(1, 1), (5, 2), (60, 20), (300, 40)] {
        let a = gaussian(m, n, 30);
        let b = vector(m, 31);
        let qr = Qr::new(a.as_ref()).expect("full rank");
        let x = qr.least_squares(&b);
        let mut fit = vec![0.0; m];
        matvec(a.as_ref(), &x, &mut fit);
        let misfit: Vec<f64> = b.iter().zip(&fit).map(|(b, fit)| b - fit).collect();
        let mut along = vec![0.0; n];
        matvec_transposed(a.as_ref(), &misfit, &mut along);
        assert!(distance(&along, &vec![0.0; n]) < 1e-11, "{m}×{n}");
        let svd = Svd::new(a.as_ref()).expect("finite");
        assert!(distance(&svd.least_squares(&b, 1e-13), &x) < 1e-10);
        let mut product = Mat::zeros(m, n);
        matmul(qr.thin_q().as_ref(), qr.r().as_ref(), product.as_mut());
        assert!(frobenius_norm((&product - &a).as_ref()) < 1e-13 * frobenius_norm(a.as_ref()));
    }
    let dependent = Mat::from_fn(4, 2, |i, _| i as f64);
    assert_eq!(Qr::new(dependent.as_ref()).unwrap_err(), LinalgError::RankDeficient { rank: 1, cols: 2 });
    assert_eq!(
        Qr::new(Mat::zeros(1, 2).as_ref()).unwrap_err(),
        LinalgError::Underdetermined { rows: 1, cols: 2 }
    );
}

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
}

/// Another library returned a wrong decomposition, without an error, for rank 2 at n = 33.
#[test]
fn singular_values_survive_rank_deficiency() {
    for n in [33, 128, 257, 400] {
        for (name, a) in zoo(n) {
            if n > 128 && !matches!(name, "rank 2" | "Ginibre" | "chain") {
                continue;
            }
            let svd = Svd::new(a.as_ref()).expect("finite");
            assert!(svd.residual(a.as_ref()) < 1e-13, "{name}, n = {n}");
            for q in [&svd.u, &svd.v] {
                let mut gram = Mat::zeros(n, n);
                matmul_transposed(q.as_ref(), q.as_ref(), gram.as_mut());
                for i in 0..n {
                    gram[(i, i)] -= 1.0;
                }
                let error = frobenius_norm(gram.as_ref());
                assert!(error < 1e-12, "{name}, n = {n}: orthogonal up to {error:e}");
            }
            if name == "rank 2" {
                assert_eq!(svd.rank(1e-13), 2, "n = {n}");
            }
            let values = singular_values(a.as_ref()).expect("finite");
            assert!(distance(&values, &svd.values) <= 1e-13 * values[0].max(1.0), "{name}, n = {n}");
        }
    }
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

#[test]
fn unusable_input_is_reported_and_small_input_is_ordinary() {
    let mut a = Mat::<f64>::identity(3, 3);
    a[(2, 1)] = f64::NAN;
    let expected = LinalgError::NotFinite { row: 2, col: 1 };
    assert_eq!(Lu::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(Cholesky::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(Ldlt::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(Qr::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(Eigen::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(eigenvalues(a.as_ref()).unwrap_err(), expected);
    assert_eq!(SymmetricEigen::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(Svd::new(a.as_ref()).unwrap_err(), expected);
    assert_eq!(singular_values(a.as_ref()).unwrap_err(), expected);
    assert_eq!(Hessenberg::new(a.as_ref()).unwrap_err(), expected);

    let wide = Mat::<f64>::zeros(2, 3);
    let expected = LinalgError::NotSquare { rows: 2, cols: 3 };
    assert_eq!(Lu::new(wide.as_ref()).unwrap_err(), expected);
    assert_eq!(eigenvalues(wide.as_ref()).unwrap_err(), expected);

    let singular = Mat::from_fn(3, 3, |i, j| (i * j) as f64);
    assert!(matches!(Lu::new(singular.as_ref()), Err(LinalgError::Singular { size: 3, .. })));

    for n in [0, 1] {
        let a = Mat::from_fn(n, n, |_, _| 3.0);
        assert_eq!(Lu::new(a.as_ref()).expect("regular").solve(&vec![6.0; n]), vec![2.0; n]);
        assert!(
            distance(&Cholesky::new(a.as_ref()).expect("positive").solve(&vec![6.0; n]), &vec![2.0; n])
                < 1e-14
        );
        assert_eq!(Ldlt::new(a.as_ref()).expect("regular").solve(&vec![6.0; n]), vec![2.0; n]);
        assert!(
            distance(&Qr::new(a.as_ref()).expect("regular").least_squares(&vec![6.0; n]), &vec![2.0; n])
                < 1e-14
        );
        assert_eq!(eigenvalues(a.as_ref()).expect("finite"), vec![Complex64::new(3.0, 0.0); n]);
        assert_eq!(Eigen::new(a.as_ref()).expect("finite").values.len(), n);
        assert_eq!(SymmetricEigen::new(a.as_ref()).expect("finite").values, vec![3.0; n]);
        assert_eq!(Svd::new(a.as_ref()).expect("finite").values, vec![3.0; n]);
        assert_eq!(Hessenberg::new(a.as_ref()).expect("finite").dim(), n);
    }
    assert_eq!(Svd::new(Mat::zeros(0, 4).as_ref()).expect("empty").values.len(), 0);
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
