//! Products, systems and singular values against their definitions; unusable input.

use attractorlab_numerics::kernels::{Real, dot};
use attractorlab_numerics::linalg::{
    Cholesky, Complex64, Eigen, Hessenberg, Ldlt, LinalgError, Lu, Mat, MatRef, Qr, RankOneSymmetric, Svd,
    SymmetricEigen, eigenvalues, frobenius_norm, matmul, matmul_transposed, matvec, matvec_transposed,
    singular_values, solve_batch,
};

use crate::levels::on_every_level;
use crate::matrices::{distance, gaussian, vector, zoo};

/// The same numbers in another precision.
fn cast<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|v| T::from_f64(*v)).collect()
}

fn wide<T: Real>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

fn products_are_sums<T: Real>(tolerance: f64) {
    // Columns are combined four at a time: numbers of them that leave each rest.
    for (m, n) in [(1, 1), (3, 5), (50, 20), (19, 6), (129, 67)] {
        let a = gaussian(m, n, 10);
        let a = Mat::from_fn(m, n, |i, j| T::from_f64(a[(i, j)]));
        let (x, y): (Vec<T>, Vec<T>) = (cast(&vector(n, 11)), cast(&vector(m, 12)));
        let nan = T::from_f64(f64::NAN);
        let (mut ax, mut aty) = (vec![nan; m], vec![nan; n]);
        matvec(a.as_ref(), &x, &mut ax);
        matvec_transposed(a.as_ref(), &y, &mut aty);
        for i in 0..m {
            let sum: f64 = (0..n).map(|j| a[(i, j)].to_f64() * x[j].to_f64()).sum();
            assert!((ax[i].to_f64() - sum).abs() < tolerance, "row {i} of {m}×{n}");
        }
        for j in 0..n {
            let sum: f64 = (0..m).map(|i| a[(i, j)].to_f64() * y[i].to_f64()).sum();
            assert!((aty[j].to_f64() - sum).abs() < tolerance, "column {j} of {m}×{n}");
        }
        // Columns at a distance, and rows without gaps.
        let ax = wide(&ax);
        let mut part = vec![nan; m - 1];
        matvec(a.as_ref().subrows(1, m - 1), &x, &mut part);
        assert!(distance(&wide(&part), &ax[1..]) < tolerance, "{m}×{n} without its first row");
        let rows = a.transpose().to_owned();
        let mut ax_by_rows = vec![nan; m];
        matvec(rows.transpose(), &x, &mut ax_by_rows);
        assert!(distance(&wide(&ax_by_rows), &ax) < tolerance, "{m}×{n} by rows");
        let mut gram = Mat::zeros(n, n);
        matmul_transposed(a.as_ref(), a.as_ref(), gram.as_mut());
        let corner: f64 = (0..m).map(|i| a[(i, 0)].to_f64() * a[(i, n - 1)].to_f64()).sum();
        assert!((gram[(0, n - 1)].to_f64() - corner).abs() < tolerance);
        // What is not a number is not lost, wherever it stands.
        for j in [0, n - 1] {
            let mut x = x.clone();
            x[j] = nan;
            let mut out = vec![T::default(); m];
            matvec(a.as_ref(), &x, &mut out);
            assert!(out.iter().all(|value| value.to_f64().is_nan()), "NaN at {j} of {n}");
        }
    }
    let empty = Mat::<T>::zeros(3, 0);
    let mut out = cast::<T>(&[1.0; 3]);
    matvec(empty.as_ref(), &[], &mut out);
    assert_eq!(wide(&out), [0.0; 3]);
}

#[test]
fn products_agree_with_their_sums() {
    on_every_level(|_| {
        products_are_sums::<f64>(1e-12);
        products_are_sums::<f32>(1e-4);
    });
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
        // A right-hand side that begins with zeros may say so.
        for zeros in [0, n / 3, n] {
            let tail = Mat::from_fn(n, 2, |i, j| if i < zeros { 0.0 } else { bt[i] * (1 + j) as f64 });
            let (mut whole, mut shorter) = (tail.clone(), tail);
            lu.solve_transposed_matrix_in_place(whole.as_mut());
            lu.solve_transposed_tail_in_place(zeros, shorter.as_mut());
            assert!((whole - shorter).norm_max() < tolerance, "n = {n}, {zeros} zeros");
        }
        // In the memory of another factorisation, of another size too.
        for order in [n, n + 3] {
            let other = Lu::new(gaussian(order, order, 22).as_ref()).expect("as above");
            let again = other.factor_next(a.as_ref()).expect("as above");
            assert_eq!(again.solve(&b), lu.solve(&b), "n = {n}");
        }
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

#[test]
fn two_singular_values_are_exact_for_nearly_dependent_columns() {
    // Columns (1, 1) and (1, 1 + ε): the determinant is ε, and the larger value 2 + ε/2 up to ε².
    for exponent in [-40, -20, -5] {
        let epsilon = 2.0_f64.powi(exponent);
        let a = Mat::from_fn(2, 2, |i, j| if i * j == 1 { 1.0 + epsilon } else { 1.0 });
        let values = singular_values(a.as_ref()).expect("finite");
        let sum = 4.0 + 2.0 * epsilon + epsilon * epsilon;
        let largest = (0.5 * (sum + (sum * sum - 4.0 * epsilon * epsilon).sqrt())).sqrt();
        assert!((values[0] - largest).abs() < 1e-15 * largest);
        assert!((values[1] * largest - epsilon).abs() < 4e-16 * epsilon, "{values:?}");
    }
    for seed in 0..200 {
        let a = gaussian(2, 2, seed);
        let (closed, general) = (singular_values(a.as_ref()).unwrap(), Svd::new(a.as_ref()).unwrap().values);
        assert!(
            closed.iter().zip(&general).all(|(x, y)| (x - y).abs() < 4e-15 * closed[0]),
            "{closed:?} {general:?}"
        );
    }
    for k in 0..100 {
        let (sine, cosine) = f64::from(k).sin_cos();
        let rotation = Mat::from_fn(2, 2, |i, j| [[cosine, -sine], [sine, cosine]][i][j]);
        let values = singular_values(rotation.as_ref()).unwrap();
        assert!(values[0] >= values[1] && (values[1] - 1.0).abs() < 4e-16);
    }
    assert_eq!(singular_values(Mat::<f64>::zeros(2, 2).as_ref()).unwrap(), [0.0, 0.0]);
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

/// The inverse of I + Σ f fᵀ.
fn downdates_invert_the_correlation_matrix<T: Real>(tolerance: f64) {
    // After any number of steps: while downdates are kept, at the last of them, and beyond.
    for (n, steps) in [(1, 12), (2, 12), (3, 12), (17, 8), (17, 9), (18, 12), (50, 40), (133, 12), (133, 70)]
    {
        let mut p = RankOneSymmetric::scaled_identity(n, T::from_f64(1.0));
        let mut correlation = Mat::<f64>::identity(n, n);
        for step in 0..steps {
            let f: Vec<T> = cast(&vector(n, 200 + step));
            let mut v = vec![T::default(); n];
            p.multiply(&f, &mut v);
            p.downdate(&v, T::from_f64(1.0 + dot(&f, &v).to_f64()));
            for j in 0..n {
                for i in 0..n {
                    correlation[(i, j)] += f[i].to_f64() * f[j].to_f64();
                }
            }
        }
        let found = p.to_matrix();
        let wide_found = Mat::from_fn(n, n, |i, j| found[(i, j)].to_f64());
        let exact = Lu::new(correlation.as_ref()).expect("positive definite").inverse();
        let error = frobenius_norm((&wide_found - &exact).as_ref());
        assert!(error < tolerance * frobenius_norm(exact.as_ref()) * n as f64, "n = {n}: {error:e}");
        // The product agrees with the matrix, and two downdates in a row are both carried out.
        let (f, mut out, mut expected) =
            (cast::<T>(&vector(n, 300)), vec![T::default(); n], vec![T::default(); n]);
        p.multiply(&f, &mut out);
        matvec(found.as_ref(), &f, &mut expected);
        assert!(distance(&wide(&out), &wide(&expected)) < tolerance, "n = {n}");
        let (v, w) = (cast::<T>(&vector(n, 301)), cast::<T>(&vector(n, 302)));
        p.downdate(&v, T::from_f64(2.0));
        p.downdate(&w, T::from_f64(4.0));
        let twice = p.to_matrix();
        let (v, w) = (wide(&v), wide(&w));
        for j in 0..n {
            for i in 0..n {
                let expected = wide_found[(i, j)] - v[i] * v[j] / 2.0 - w[i] * w[j] / 4.0;
                let error = (twice[(i, j)].to_f64() - expected).abs();
                assert!(error < tolerance, "n = {n}, entry ({i}, {j})");
            }
        }
    }
}

#[test]
fn recursive_downdates_invert_the_correlation_matrix() {
    on_every_level(|_| {
        downdates_invert_the_correlation_matrix::<f64>(1e-12);
        downdates_invert_the_correlation_matrix::<f32>(1e-4);
    });
    let a = Mat::from_fn(3, 3, |i, j| (i.max(j) * 3 + i.min(j)) as f32);
    let diagonal = Mat::from_fn(3, 3, |i, j| if i == j { 2.0 } else { 0.0 });
    assert_eq!(RankOneSymmetric::scaled_identity(3, 2.0).to_matrix(), diagonal);
    let mut nothing = RankOneSymmetric::<f64>::scaled_identity(0, 1.0);
    nothing.downdate(&[], 1.0);
    nothing.multiply(&[], &mut []);
    assert_eq!(RankOneSymmetric::from_lower(a.as_ref()).expect("square").to_matrix(), a);
}

#[test]
fn batches_of_small_systems_are_solved() {
    for k in 1..8 {
        let batch = 40;
        let a = vector(batch * k * k, 80);
        let x = vector(batch * k, 81);
        let mut b = vec![0.0; batch * k];
        for s in 0..batch {
            for j in 0..k {
                for i in 0..k {
                    b[s * k + i] += a[s * k * k + j * k + i] * x[s * k + j];
                }
            }
        }
        solve_batch(k, &mut a.clone(), &mut b).expect("Gaussian matrices are regular");
        assert!(distance(&b, &x) < 1e-8, "k = {k}");
    }
    let mut matrices = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    assert_eq!(solve_batch(2, &mut matrices, &mut [1.0; 4]), Err(LinalgError::SingularInBatch { index: 1 }));
    assert!(solve_batch(1, &mut [f64::NAN], &mut [1.0]).is_err());
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
