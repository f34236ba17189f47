import numpy as np
import pytest

from limbeck.compression.quantised_tensor import QuantisedTensor, dense


def make(codes=None, scales=None, bits=8):
    return QuantisedTensor(
        codes_OI=np.ones((2, 64), np.int8) if codes is None else codes,
        scales_OG=np.full((2, 2), 0.5, np.float16) if scales is None else scales,
        bits=bits,
    )


def test_value_is_code_times_scale_of_its_group():
    codes = np.tile(np.arange(-32, 32, dtype=np.int8), (2, 1))
    scales = np.array([[1, 2], [0.5, -4]], np.float16)
    rebuilt = make(codes, scales).dequantise()
    assert rebuilt.dtype == np.float32
    assert rebuilt[0, 0] == -32
    assert rebuilt[0, 63] == 62
    assert rebuilt[1, 33] == -4


def test_dense_takes_plain_arrays_too():
    assert dense(np.ones((2, 3), np.float16)).dtype == np.float32
    assert dense(make()).shape == make().shape == (2, 64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": 3}, "only 4 and 8"),
        ({"codes": np.ones((2, 64), np.int16)}, "int8"),
        ({"codes": np.ones(64, np.int8)}, "matrix"),
        ({"codes": np.ones((2, 60), np.int8)}, "60 columns"),
        ({"scales": np.ones((2, 3), np.float16)}, "do not fit"),
        ({"scales": np.ones((2, 2), np.float32)}, "float16"),
        ({"scales": np.full((2, 2), np.nan, np.float16)}, "finite"),
        ({"codes": np.full((2, 64), 8, np.int8), "bits": 4}, "-8..7"),
        ({"codes": np.full((2, 64), -128, np.int8)}, "-127..127"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        make(**change)
