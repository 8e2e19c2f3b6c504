//! Vectors for words, from the texts in which they stand.

use std::collections::HashMap;

use attractorlab_numerics::kernels::axpy;
use attractorlab_numerics::linalg::{LinalgError, Mat, Qr, SymmetricEigen, matmul_transposed};
use attractorlab_numerics::random::Stream;
use rayon::prelude::*;

use super::{Snippets, TextError, words};

/// A vector for each word that is frequent enough.
///
/// Words that stand in one text are counted as a pair. The positive pointwise mutual information of pairs,
/// P_ij = max(0, log(n_ij Σ_k n_k^¾ / (n_i n_j^¾))) with n_i = Σ_j n_ij, averaged with its transpose, is cut down to its
/// leading eigenvectors: the vector of word i has the entries U_ik √|λ_k|, all divided by the root of their mean
/// square. This factorisation is what prediction-based vectors do implicitly (Levy & Goldberg, NeurIPS 2014; the
/// exponent ¾: Levy, Goldberg & Dagan, TACL 2015). Ratings are not looked at.
///
/// ```
/// use attractorlab::task::text::{Snippet, Snippets, WordVectors};
///
/// let review = |text: &str| Snippet { rating: 1.0, text: text.to_owned() };
/// let snippets = vec![review("a good film"), review("a good cast"), review("the film bores"), review("the cast bores")];
/// let vectors = WordVectors::new(&Snippets { snippets }, 2, 2)?;
/// assert_eq!((vectors.words(), vectors.dimension()), (6, 2));
/// assert!(vectors.of("good").is_some() && vectors.of("plot").is_none());
/// # Ok::<(), attractorlab::task::text::TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    index: HashMap<String, usize>,
    dimension: usize,
    /// One vector after the other.
    values: Vec<f64>,
}

/// More directions than are wanted, so that the wanted ones converge faster.
const SPARE: usize = 20;
/// Up to so many words the whole matrix is decomposed.
const WHOLE: usize = 300;
/// Iterations of the subspace. Its error shrinks by the ratio of the eigenvalues behind and in front of the spare
/// directions each time; the spectrum is flat there, and which of nearly equal directions are kept is of no account.
const ITERATIONS: usize = 8;

impl WordVectors {
    /// Vectors of this dimension for all words that occur at least `least_count` times.
    ///
    /// # Errors
    /// [`TextError`] for a dimension of zero or above the number of such words, or texts that are too much alike.
    pub fn new(texts: &Snippets, dimension: usize, least_count: usize) -> Result<Self, TextError> {
        let texts: Vec<Vec<String>> = texts.snippets.iter().map(|s| words(&s.text).collect()).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        texts.iter().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
        // Numbered in the order in which they first occur, so that nothing depends on the order of the map.
        let mut index: HashMap<String, usize> = HashMap::new();
        for word in texts.iter().flatten().filter(|word| counts[word.as_str()] >= least_count) {
            let next = index.len();
            index.entry(word.clone()).or_insert(next);
        }
        if dimension == 0 || dimension > index.len() {
            let (name, value) = ("the dimension of word vectors", dimension as f64);
            let expected =
                format!("between 1 and the {} words that occur at least {least_count} times", index.len());
            return Err(TextError::Parameter { name, expected, value });
        }
        let numbered: Vec<Vec<u32>> = texts
            .iter()
            .map(|text| text.iter().filter_map(|word| index.get(word)).map(|&i| i as u32).collect())
            .collect();
        let information = Information::of(&numbered, index.len());
        let values =
            information.embed(dimension).map_err(|source| TextError::Vectors { dimension, source })?;
        Ok(Self { index, dimension, values })
    }

    /// Number of words that have one.
    pub fn words(&self) -> usize {
        self.index.len()
    }

    /// Their dimension.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The number of a word, in the order in which they first occur.
    pub fn number(&self, word: &str) -> Option<usize> {
        self.index.get(word).copied()
    }

    /// The vector of the word of this number.
    ///
    /// # Panics
    /// If there is no such word.
    #[track_caller]
    pub fn at(&self, number: usize) -> &[f64] {
        &self.values[number * self.dimension..(number + 1) * self.dimension]
    }

    /// The vector of a word.
    pub fn of(&self, word: &str) -> Option<&[f64]> {
        self.number(word).map(|number| self.at(number))
    }
}

/// The symmetric matrix of mutual information, row after row.
struct Information {
    /// Where each row begins, and where the last one ends.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Information {
    fn of(texts: &[Vec<u32>], words: usize) -> Self {
        let mut pairs = Vec::new();
        for text in texts {
            for (place, &a) in text.iter().enumerate() {
                for &b in &text[..place] {
                    pairs.push((a, b));
                    pairs.push((b, a));
                }
            }
        }
        pairs.par_sort_unstable();
        let counted: Vec<((u32, u32), f64)> =
            pairs.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)).collect();
        let mut sums = vec![0.0; words];
        for ((a, _), count) in &counted {
            sums[*a as usize] += count;
        }
        let total: f64 = sums.iter().map(|sum| sum.powf(0.75)).sum();
        let mut found = Self { starts: vec![0], columns: Vec::new(), values: Vec::new() };
        for ((a, b), count) in counted {
            let (n, m) = (sums[a as usize], sums[b as usize]);
            let information = |n: f64, m: f64| (count * total / (n * m.powf(0.75))).ln().max(0.0);
            let value = 0.5 * (information(n, m) + information(m, n));
            if value > 0.0 {
                // A row without entries ends where it begins.
                found.starts.resize(a as usize + 1, found.columns.len());
                found.columns.push(b);
                found.values.push(value);
            }
        }
        found.starts.resize(words + 1, found.columns.len());
        found
    }

    fn words(&self) -> usize {
        self.starts.len() - 1
    }

    /// P Q for a matrix Q of so many columns, both row after row.
    fn times(&self, q: &[f64], columns: usize) -> Vec<f64> {
        let mut out = vec![0.0; q.len()];
        out.par_chunks_exact_mut(columns).enumerate().for_each(|(row, out)| {
            for at in self.starts[row]..self.starts[row + 1] {
                let from = self.columns[at] as usize * columns;
                axpy(self.values[at], &q[from..from + columns], out);
            }
        });
        out
    }

    /// An orthonormal basis, row after row, of a space near that of the leading eigenvectors.
    fn subspace(&self, width: usize) -> Result<Vec<f64>, LinalgError> {
        let words = self.words();
        let mut q = Stream::new(0, "word vectors", 0).normals(words * width);
        for _ in 0..ITERATIONS {
            let product = self.times(&q, width);
            let basis = Qr::new(Mat::from_fn(words, width, |i, k| product[i * width + k]).as_ref())?.thin_q();
            for (i, row) in q.chunks_exact_mut(width).enumerate() {
                row.iter_mut().enumerate().for_each(|(k, value)| *value = basis[(i, k)]);
            }
        }
        Ok(q)
    }

    /// The eigenvalues of largest size inside a space, and their vectors.
    fn leading(&self, q: &[f64], width: usize, count: usize) -> Result<(Vec<f64>, Mat<f64>), LinalgError> {
        let words = self.words();
        let product = self.times(q, width);
        let as_matrix = |values: &[f64]| Mat::from_fn(words, width, |i, k| values[i * width + k]);
        let (q, product) = (as_matrix(q), as_matrix(&product));
        let mut inside = Mat::zeros(width, width);
        matmul_transposed(q.as_ref(), product.as_ref(), inside.as_mut());
        let inside = Mat::from_fn(width, width, |i, j| 0.5 * (inside[(i, j)] + inside[(j, i)]));
        let eigen = SymmetricEigen::new(inside.as_ref())?;
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| eigen.values[*b].abs().total_cmp(&eigen.values[*a].abs()));
        order.truncate(count);
        let chosen = Mat::from_fn(width, order.len(), |i, k| eigen.vectors[(i, order[k])]);
        Ok((order.iter().map(|k| eigen.values[*k]).collect(), &q * &chosen))
    }

    /// The vectors of all words, one after the other.
    fn embed(&self, dimension: usize) -> Result<Vec<f64>, LinalgError> {
        let words = self.words();
        let width = dimension + SPARE;
        let (values, vectors) = if words <= WHOLE.max(width) {
            let whole: Vec<f64> =
                (0..words * words).map(|at| f64::from(u8::from(at % (words + 1) == 0))).collect();
            self.leading(&whole, words, dimension)?
        } else {
            self.leading(&self.subspace(width)?, width, dimension)?
        };
        let scaled = Mat::from_fn(words, dimension, |i, k| vectors[(i, k)] * values[k].abs().sqrt());
        // Texts in which no pair is more frequent than by chance have no vectors but zero.
        let size = (scaled.norm_l2() / ((words * dimension) as f64).sqrt()).max(f64::MIN_POSITIVE);
        Ok((0..words).flat_map(|i| (0..dimension).map(move |k| (i, k))).map(|at| scaled[at] / size).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_those_of_the_whole_matrix() {
        let texts: Vec<Vec<u32>> =
            (0..40_u32).map(|k| (0..6).map(|i| (k * k + i * i * k) % 17).collect()).collect();
        let sparse = Information::of(&texts, 17);
        // The definition, entry by entry.
        let mut counts = Mat::<f64>::zeros(17, 17);
        for text in &texts {
            for (place, &a) in text.iter().enumerate() {
                for (other, &b) in text.iter().enumerate() {
                    if place != other {
                        counts[(a as usize, b as usize)] += 1.0;
                    }
                }
            }
        }
        let sum = |i: usize| (0..17).map(|j| counts[(i, j)]).sum::<f64>();
        let total: f64 = (0..17).map(|i| sum(i).powf(0.75)).sum();
        let positive = |i: usize, j: usize| {
            let ratio = counts[(i, j)] * total / (sum(i) * sum(j).powf(0.75));
            if counts[(i, j)] > 0.0 { ratio.ln().max(0.0) } else { 0.0 }
        };
        let dense = Mat::from_fn(17, 17, |i, j| 0.5 * (positive(i, j) + positive(j, i)));
        let unit = |j: usize| -> Vec<f64> { (0..17).map(|i| f64::from(u8::from(i == j))).collect() };
        for j in 0..17 {
            for (i, value) in sparse.times(&unit(j), 1).iter().enumerate() {
                assert!((value - dense[(i, j)]).abs() < 1e-14, "{i} {j}");
            }
        }
        // All dimensions: the Gram matrix of the vectors is |P| up to their common size.
        let vectors = sparse.embed(17).unwrap();
        let eigen = SymmetricEigen::new(dense.as_ref()).unwrap();
        let expected = |i: usize, j: usize| -> f64 {
            (0..17).map(|k| eigen.vectors[(i, k)] * eigen.values[k].abs() * eigen.vectors[(j, k)]).sum()
        };
        let trace: f64 = (0..17).map(|i| expected(i, i)).sum();
        for i in 0..17 {
            for j in 0..17 {
                let dot: f64 = (0..17).map(|k| vectors[i * 17 + k] * vectors[j * 17 + k]).sum();
                assert!((dot - expected(i, j) * 289.0 / trace).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_subspace_holds_the_leading_eigenvectors() {
        let mut stream = Stream::new(1, "test", 0);
        // Frequent words and rare ones, and three topics, which are what stands out.
        let mut word = |topic: usize| {
            let rank = (200.0_f64.powf(stream.uniform()) - 1.0) as u32;
            if stream.uniform() < 0.5 { rank } else { 200 + 70 * topic as u32 + rank % 70 }
        };
        let texts: Vec<Vec<u32>> = (0..600).map(|text| (0..12).map(|_| word(text % 3)).collect()).collect();
        let information = Information::of(&texts, 410);
        let whole: Vec<f64> = (0..410 * 410).map(|at| f64::from(u8::from(at % 411 == 0))).collect();
        let (exact, _) = information.leading(&whole, 410, 3).unwrap();
        let (found, _) = information.leading(&information.subspace(23).unwrap(), 23, 3).unwrap();
        for (found, exact) in found.iter().zip(&exact) {
            assert!((found / exact - 1.0).abs() < 1e-3, "{found} {exact}");
        }
    }
}
