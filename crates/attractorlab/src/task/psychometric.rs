//! Psychometric curves: how often a choice is made, against the strength of a stimulus.

/// Trials of about one strength of the stimulus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PsychometricPoint {
    /// The strength: a multiple of the curve's width, if it has one.
    pub stimulus: f64,
    /// Trials with the choice.
    pub chosen: usize,
    /// All trials.
    pub trials: usize,
}

impl PsychometricPoint {
    /// Share of trials with the choice.
    pub fn share(&self) -> f64 {
        self.chosen as f64 / self.trials as f64
    }
}

/// Gathers trials by the multiple of `width` that is next to the stimulus (a coherence, a difference), rising, and
/// counts in how many the choice was made. With the width 0 every value is a point of its own.
///
/// ```
/// use attractorlab::task::psychometric_curve;
/// let curve = psychometric_curve(&[-0.5, 0.5, 0.5, 0.52], &[false, true, false, true], 0.25);
/// assert_eq!(curve.len(), 2);
/// assert_eq!((curve[1].stimulus, curve[1].chosen, curve[1].trials), (0.5, 2, 3));
/// assert_eq!(curve[0].share(), 0.0);
/// assert_eq!(psychometric_curve(&[0.3, 0.4, 0.3], &[true, false, true], 0.0).len(), 2);
/// ```
///
/// # Panics
/// If the lengths differ or the width is negative.
#[track_caller]
pub fn psychometric_curve(stimuli: &[f64], chosen: &[bool], width: f64) -> Vec<PsychometricPoint> {
    assert_eq!(stimuli.len(), chosen.len(), "psychometric curve: one choice for each stimulus");
    assert!(width >= 0.0, "psychometric curve: the width must not be negative");
    // Adding zero makes −0 and 0 one stimulus.
    let place = |stimulus: f64| if width > 0.0 { (stimulus / width).round() * width } else { stimulus } + 0.0;
    let mut trials: Vec<(f64, bool)> =
        stimuli.iter().map(|s| place(*s)).zip(chosen.iter().copied()).collect();
    trials.sort_by(|a, b| a.0.total_cmp(&b.0));
    trials
        .chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq())
        .map(|group| PsychometricPoint {
            stimulus: group[0].0,
            chosen: group.iter().filter(|trial| trial.1).count(),
            trials: group.len(),
        })
        .collect()
}
