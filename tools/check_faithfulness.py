"""Compare deletion and insertion with Quantus, which has its own code for the same curves (Pixel-Flipping).

    python3 -m venv quantus
    quantus/bin/python -m pip install ".[cpu,pictures]" quantus==0.6.0 torch==2.14.1 "numpy<2.4"
    quantus/bin/python tools/check_faithfulness.py

Quantus calls np.trapz, which NumPy 2.4 no longer has. It prints a table: for each photograph, class and number of steps
how far the scores and the areas are apart; the exit status is 1 if one of them is further than TOLERANCE.

What Quantus changes is a switch for each pixel, 1 shown and 0 covered, and the network that it sees lays the fill where
a switch is 0: so it ranks, walks and covers by itself, all channels of a pixel at once and with the fill of ours. The
network behind it is the untouched file in ONNX Runtime, an image at a time. Quantus has no score before the first step,
and its area is over steps, not shares.
"""

import sys
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
import quantus
import torch

from occlusion_sensitivity import deletion, explain, imagePretrainedNetwork, insertion

ROOT = Path(__file__).parents[1]
DATA = files("occlusion_sensitivity") / "data"
PHOTOGRAPHS = (
    Path(str(DATA / "coffee.jpg")),
    ROOT / "docs" / "photographs" / "chelsea.png",
    ROOT / "docs" / "photographs" / "rocket.jpg",
)
# 224 steps of 224 pixels are the paper's; Quantus wants steps of the same size.
NUMBERS_OF_STEPS = (28, 224)
# Of probabilities: sums in single, in another order where more images go through the network at once.
TOLERANCE = 1e-5


class Switched(torch.nn.Module):
    """The probabilities of an image whose pixels are shown where switches are 1, and fill where they are 0."""

    def __init__(self, image, fill):
        super().__init__()
        self._image, self._fill = image.transpose(2, 0, 1), fill.reshape(3, 1, 1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        file = str(DATA / "efficientnet-lite0.onnx")
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def forward(self, switches):
        (switch,) = switches.numpy()
        tensor = np.where(switch == 1, self._image, self._fill).astype(np.float32)[np.newaxis]
        return torch.from_numpy(self._session.run(None, {"input": tensor})[0])


def quantus_curve(network, score_map, channel, num_steps, *, inserted):
    """The scores of steps 1 … num_steps, and Quantus's area under them, one step being 1 wide."""
    switches = np.full((1, 1, *score_map.shape), 0.0 if inserted else 1.0, dtype=np.float32)
    metric = quantus.PixelFlipping(
        features_in_step=score_map.size // num_steps,
        abs=False,
        normalise=False,
        perturb_baseline=1.0 if inserted else 0.0,
        disable_warnings=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that change little
        how = {"channel_first": True, "softmax": False, "device": "cpu"}
        (scores,) = metric(network, switches, np.array([channel - 1]), score_map[np.newaxis, np.newaxis], **how)
    return np.asarray(scores, dtype=np.float64), float(metric.get_auc_score)


def compared(photograph, net):
    """What the curves of a photograph's two best classes are, and how far those of Quantus are from them."""
    result = explain(photograph, top=2)
    image = np.float32(result.image)
    fill = image.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    network = Switched(image, fill).eval()
    for k, channel in enumerate(result.channels):
        # These maps have twenty or thirty equal values, whose order Quantus's sort leaves open: told apart by place.
        score_map = result.map[..., k] - 1e-14 * np.arange(image[..., 0].size).reshape(image.shape[:2])
        assert np.unique(score_map).size == score_map.size
        for num_steps in NUMBERS_OF_STEPS:
            for function in (deletion, insertion):
                ours = function(net, result.image, score_map, channel, NumSteps=num_steps)
                scores, area = quantus_curve(network, score_map, channel, num_steps, inserted=function is insertion)
                # Over steps, the first of them left out.
                our_area = num_steps * ours.area - (ours.scores[0] + ours.scores[1]) / 2
                apart = np.abs(ours.scores[1:] - scores).max(), abs(our_area - area) / num_steps
                yield photograph.name, result.classes[k], function.__name__, num_steps, ours.area, *apart


def main():
    net, _ = imagePretrainedNetwork()
    print("| photograph | class | curve | steps | area | scores apart | areas apart |")
    print("|---|---|---|---|---|---|---|")
    largest = 0.0
    for photograph in PHOTOGRAPHS:
        for *what, area, scores_apart, areas_apart in compared(photograph, net):
            print(f"| {' | '.join(map(str, what))} | {area:.4f} | {scores_apart:.1e} | {areas_apart:.1e} |", flush=True)
            largest = max(largest, scores_apart, areas_apart)
    print(f"\nLargest difference: {largest:.1e}; at most {TOLERANCE:.0e} is expected.")
    return 0 if largest <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
