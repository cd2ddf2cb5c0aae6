"""imresize against results that MATLAB wrote. They stay outside the repository."""

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import imresize

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def matlab(shared):
    return shared / "imresize_matlab"


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_doubles(matlab, factor):
    arrays = np.load(matlab / f"vdsr_butterfly_x{factor}.npz")
    np.testing.assert_allclose(imresize(arrays["gt_y"], 1 / factor), arrays["lr_y"], rtol=0, atol=1e-14)
    np.testing.assert_allclose(imresize(arrays["lr_y"], factor), arrays["up_y"], rtol=0, atol=1e-14)


def picture(file):
    return np.asarray(Image.open(file))


def test_uint8(matlab):
    found = imresize(picture(matlab / "lena_512x512.png"), [123, 234], "bicubic")
    np.testing.assert_array_equal(found, picture(matlab / "lena_123x234_uint8.png"))


def test_double_picture(matlab):
    found = imresize(picture(matlab / "lena_512x512.png") / 255, [123, 234], "bicubic")
    written = np.floor(found * 255 + 0.5).clip(0, 255).astype(np.uint8)
    np.testing.assert_array_equal(written, picture(matlab / "lena_123x234_double.png"))
