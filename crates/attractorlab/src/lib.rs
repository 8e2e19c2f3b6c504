//! Build, train, dissect and predict recurrent networks that compute with fixed points.
