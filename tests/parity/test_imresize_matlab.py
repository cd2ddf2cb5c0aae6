"""imresize against results that MATLAB wrote.

They are resized photographs, which may not be committed; no formula gives their inputs, so that a digest of the results
would have nothing to be compared with in a clone. Each skip says what is missing, and where it comes from.
"""

import numpy as np
import pytest
from PIL import Image

from occlusion_sensitivity import imresize

pytestmark = pytest.mark.parity


BUTTERFLY = "the doubles of a butterfly that MATLAB resized, of the repository twtgqyy/pytorch-vdsr"
LENA = "the portrait that MATLAB R2015b resized, of the repository fatheral/matlab_imresize"


def matlab_file(shared_or_why, name, what):
    if isinstance(shared_or_why, str):
        pytest.skip(f"needs {name}, {what}: {shared_or_why}")
    return shared_or_why / "imresize_matlab" / name


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_doubles(shared_or_why, factor):
    arrays = np.load(matlab_file(shared_or_why, f"vdsr_butterfly_x{factor}.npz", BUTTERFLY))
    np.testing.assert_allclose(imresize(arrays["gt_y"], 1 / factor), arrays["lr_y"], rtol=0, atol=1e-14)
    np.testing.assert_allclose(imresize(arrays["lr_y"], factor), arrays["up_y"], rtol=0, atol=1e-14)


def picture(shared_or_why, name):
    return np.asarray(Image.open(matlab_file(shared_or_why, name, LENA)))


def test_uint8(shared_or_why):
    found = imresize(picture(shared_or_why, "lena_512x512.png"), [123, 234], "bicubic")
    np.testing.assert_array_equal(found, picture(shared_or_why, "lena_123x234_uint8.png"))


def test_double_picture(shared_or_why):
    found = imresize(picture(shared_or_why, "lena_512x512.png") / 255, [123, 234], "bicubic")
    written = np.floor(found * 255 + 0.5).clip(0, 255).astype(np.uint8)
    np.testing.assert_array_equal(written, picture(shared_or_why, "lena_123x234_double.png"))
