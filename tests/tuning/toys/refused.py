"""What cannot be tuned as it is."""

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import Tensor

INPUTS = [Tensor(name="x", dtype=np.float32, shape=(4,))]
OUTPUTS = [Tensor(name="y", dtype=np.float32, shape=(4,))]
number = 3


@batch
def raises(x):
    raise ValueError("no weights")


@batch
def other_shape(x):
    return [x[:, :2]]


@batch
def other_type(x):
    return [x.astype(np.float64)]


@batch
def other_name(x):
    return {"z": x}
