//! PyTorch's state dictionaries of one recurrent layer and a linear readout.

use super::{ImportOptions, NetworkFileError, matrix};
use crate::arrays::NamedArrays;
use crate::network::{
    Cell, Connectivity, Form, GateWeights, Gru, LinearReadout, Lstm, Network, NetworkError, RateNetwork,
    Transfer,
};

const RECURRENT: &str = "weight_hh_l0";

pub(super) fn read(arrays: &dyn NamedArrays, options: &ImportOptions) -> Result<Network, NetworkFileError> {
    let names = arrays.names();
    let refuse = |what: String, advice| Err(NetworkFileError::Architecture { what, advice });
    let layers: Vec<&str> = names.iter().copied().filter(|name| name.ends_with(RECURRENT)).collect();
    let prefix = match layers[..] {
        [name] => &name[..name.len() - RECURRENT.len()],
        [] => {
            let what = format!("no array is named …{RECURRENT} (the file has: {})", names.join(", "));
            return refuse(
                what,
                "this is no PyTorch state dictionary; say which array is what with a name map",
            );
        }
        _ => {
            return refuse(
                format!("{} recurrent layers ({})", layers.len(), layers.join(", ")),
                "save the state dictionary of one module alone",
            );
        }
    };
    for (ending, what) in [
        ("weight_hh_l1", "a second layer"),
        ("weight_hh_l0_reverse", "a second direction"),
        ("weight_hr_l0", "a projection (proj_size)"),
    ] {
        if arrays.shape(&format!("{prefix}{ending}")).is_some() {
            let advice = "networks of one layer, in one direction, without projection can be read";
            return refuse(format!("the network has {what}"), advice);
        }
    }
    let recurrent = matrix(arrays, &format!("{prefix}{RECURRENT}"))?;
    let input = matrix(arrays, &format!("{prefix}weight_ih_l0"))?;
    let (rows, units) = (recurrent.nrows(), recurrent.ncols());
    // Without a bias: bias=False.
    let bias = |name: &str| arrays.vector(&format!("{prefix}{name}")).unwrap_or_else(|| vec![0.0; rows]);
    let (input_bias, recurrent_bias) = (bias("bias_ih_l0"), bias("bias_hh_l0"));
    let gates = if units == 0 || rows % units != 0 { 0 } else { rows / units };
    let weights = GateWeights { input, recurrent, input_bias, recurrent_bias };
    let cell = match gates {
        1 => simple(weights, options.transfer.unwrap_or(Transfer::Tanh))?,
        3 => Cell::Gru(Gru::new(weights)?),
        4 => Cell::Lstm(Lstm::new(weights)?),
        _ => {
            return refuse(
                format!("{prefix}{RECURRENT} has the shape {rows}×{units}"),
                "nn.RNN has n rows, nn.GRU 3n, nn.LSTM 4n for n columns",
            );
        }
    };
    let network = Network::new(cell);
    let network = with_readout(network, arrays, prefix, options)?;
    with_initial_state(network, arrays)
}

/// `nn.RNN`: a map, with the sum of both biases.
fn simple(weights: GateWeights, transfer: Transfer) -> Result<Cell, NetworkFileError> {
    let GateWeights { input, recurrent, mut input_bias, recurrent_bias } = weights;
    let units = recurrent.nrows();
    if recurrent_bias.len() != input_bias.len() {
        return Err(NetworkFileError::Shape {
            name: "bias_hh_l0".to_owned(),
            expected: format!("[{units}]"),
            found: vec![recurrent_bias.len()],
        });
    }
    input_bias.iter_mut().zip(&recurrent_bias).for_each(|(a, b)| *a += b);
    let connectivity = Connectivity::new(recurrent).map_err(NetworkError::from)?;
    Ok(Cell::Rate(
        RateNetwork::new(connectivity, transfer, Form::Map)
            .with_input_weights(input)?
            .with_bias(input_bias)?,
    ))
}

/// The linear layer that reads the units: named by the user, or the one outside the recurrent module whose
/// weights have a column for each unit.
fn with_readout(
    network: Network,
    arrays: &dyn NamedArrays,
    prefix: &str,
    options: &ImportOptions,
) -> Result<Network, NetworkFileError> {
    let units = network.units();
    let name = if let Some(name) = &options.readout {
        name.clone()
    } else {
        let fits: Vec<&str> = arrays
            .names()
            .into_iter()
            .filter(|name| prefix.is_empty() || !name.starts_with(prefix))
            .filter(|name| matches!(arrays.shape(name), Some([_, columns]) if *columns == units))
            .filter_map(|name| name.strip_suffix(".weight"))
            .collect();
        match fits[..] {
            [] => return Ok(network),
            [name] => name.to_owned(),
            _ => {
                return Err(NetworkFileError::Architecture {
                    what: format!("several layers could be the readout: {}", fits.join(", ")),
                    advice: "name one with the option readout",
                });
            }
        }
    };
    let weights = matrix(arrays, &format!("{name}.weight"))?;
    let bias = arrays.vector(&format!("{name}.bias")).unwrap_or_else(|| vec![0.0; weights.nrows()]);
    Ok(network.with_readout(LinearReadout { weights, bias })?)
}

/// Trained initial states, by what people call them.
fn with_initial_state(network: Network, arrays: &dyn NamedArrays) -> Result<Network, NetworkFileError> {
    let units = network.units();
    let find = |words: [&str; 2]| {
        let named = |name: &&str| words.iter().any(|word| name.to_lowercase().contains(word));
        let fits =
            |name: &&str| arrays.shape(name).is_some_and(|shape| shape.iter().product::<usize>() == units);
        arrays.names().into_iter().filter(named).find(fits).and_then(|name| arrays.vector(name))
    };
    let hidden = find(["initial_hidden", "h0"]);
    let state = match network.cell() {
        Cell::Lstm(_) => {
            let cell = find(["initial_cell", "c0"]);
            if hidden.is_none() && cell.is_none() {
                return Ok(network);
            }
            let zero = || vec![0.0; units];
            [hidden.unwrap_or_else(zero), cell.unwrap_or_else(zero)].concat()
        }
        Cell::Rate(_) | Cell::Gru(_) => match hidden {
            Some(state) => state,
            None => return Ok(network),
        },
    };
    Ok(network.with_initial_state(state)?)
}
