"""Draw the inputs of the parity cases: images, networks, options. Run once per case; what is there is never redrawn.

    python tools/write_case_inputs.py

Each new case gets a folder in compat_fixtures/cases with case.json, X.json, network.json and network.onnx (A.json alone
for imresize). The references come from elsewhere: compat_fixtures/generate_fixtures.m, tools/compute_exact_cases.py.
"""

import zlib

import numpy as np
import onnxruntime
from case_calls import CALLS, CLASSES, EXACT, IMRESIZE, options
from case_files import CASES, references, write_array, write_json
from case_networks import classifier, dyadic, onnx_model


def generator(name):
    """The case's own: a case more changes none of the others."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def image(rng, size, kind, span):
    """Structure at a coarse scale, so that masks matter, and noise on it."""
    rows, cols = size[:2]
    coarse = rng.random((4, 4, *size[2:])).repeat(-(-rows // 4), 0).repeat(-(-cols // 4), 1)[:rows, :cols]
    share = 0.7 * coarse + 0.3 * rng.random(size)
    values = span[0] + share * (span[1] - span[0])
    numpy_class = {"single": "float32", "double": "float64"}.get(kind, kind)
    return values.astype(numpy_class) if "float" in numpy_class else np.floor(values).astype(numpy_class)


def drawn(name, case):
    """Layers and an image; drawn again where the classifier is so sure that no mask could tell."""
    rng = generator(name)
    size = (*case.size, 1)[:3]
    for _ in range(200):
        layers = case.network(rng, size, case.n_classes, case.span[1] - case.span[0])
        X = image(rng, case.size, case.kind, case.span)
        if case.constant:
            X[:] = X[0, 0]
        if case.exact and X.dtype == np.float64:
            X = np.round(X * 1024) / 1024
        if layers[-1]["Type"] != "softmax" or case.refused or tells(onnx_model(layers, size), X, case.channels):
            return layers, X
    msg = f"{name}: no network that a mask could tell anything about in 200 draws."
    raise RuntimeError(msg)


def tells(model, X, channels):
    """Whether the scores of the channels are far from 0 and 1, and change with half of the image."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def scores(image):
        tensor = np.atleast_3d(image).transpose(2, 0, 1)[np.newaxis].astype(np.float32)
        return session.run(None, {"input": tensor})[0].reshape(-1)[np.array(channels) - 1]

    rows, cols = X.shape[:2]
    half = X.astype(np.float64)
    half[: -(-rows // 2), : -(-cols // 2)] = X.mean(axis=(0, 1))
    whole = scores(X)
    return ((whole > 0.1) & (whole < 0.9) & (np.abs(whole - scores(half)) > 0.05)).all()


def write_call(name, case):
    layers, X = drawn(name, case)
    size = (*case.size, 1)[:3]
    folder = CASES / name
    folder.mkdir()
    output = case.output or layers[-1]["Name"]
    call = {"channelIdx": list(case.channels), "options": case.options}
    if case.refused:
        call["refused"] = case.refused
    if case.own_layer:
        call["inputLayer"] = "given"
    if case.labels:
        call |= {"Classes": list(CLASSES), "labels": list(case.labels)}
    write_json(folder / "case.json", {"kind": "occlusionSensitivity", "about": case.about, **call})
    write_json(folder / "network.json", {"InputSize": list(size), "OutputNames": output, "Layers": layers})
    write_array(folder / "X.json", X)
    model = onnx_model(layers, size, normalizes=not case.own_layer, channels_last=case.channels_last)
    (folder / "network.onnx").write_bytes(model.SerializeToString())


def write_imresize(name, about, size, kind, scale, method, antialiasing):
    low, high = {
        "single": (-1, 1),
        "double": (-1, 1),
        "int16": (-32768, 32767),
        "int32": (-(2**31), 2**31 - 1),
        "int8": (-128, 127),
    }.get(kind, (0, 65535 if kind == "uint16" else 255))
    # Beyond the limits at both ends, so that values saturate.
    A = image(generator(name), size, "double", (low - (high - low) / 4, high + (high - low) / 4)).clip(low, high)
    if kind not in ("single", "double"):
        A = np.floor(A)
    folder = CASES / name
    folder.mkdir()
    call = {"scale": scale, "method": method} | ({} if antialiasing is None else {"antialiasing": antialiasing})
    write_json(folder / "case.json", {"kind": "imresize", "about": about, **call})
    write_array(folder / "A.json", A.astype({"single": "float32", "double": "float64"}.get(kind, kind)))


# Published facts: there is nothing to draw, and the reference is the fact.
MAP_SIZES = {
    "published_map_size_defaults": ({}, [11, 11]),
    "published_map_size_mask_52_stride_20": (options(MaskSize=52, Stride=20), [12, 12]),
    "published_map_size_stride_18": (options(Stride=18), [13, 13]),
}
JET_ROWS = {1: [0, 0, 0.515625], 128: [0.5, 1, 0.5], 256: [0.5, 0, 0]}


def write_published(name, case, reference):
    folder = CASES / name
    folder.mkdir()
    write_json(folder / "case.json", case)
    results = references(folder, "documentation")
    write_array(results / "expected.json", np.array(reference, dtype=np.float64))
    tool = "figures and documentation published by MathWorks"
    write_json(results / "reference.json", {"source": "documentation", "tool": tool})


def main():
    def new(name):
        return not (CASES / name).exists()

    for name in filter(new, CALLS):
        write_call(name, CALLS[name])
    for name in filter(new, EXACT):
        case = EXACT[name]
        case.exact = True
        case.network = dyadic if case.network is classifier else case.network
        write_call(name, case)
    for name in filter(new, IMRESIZE):
        write_imresize(name, *IMRESIZE[name])
    for name in filter(new, MAP_SIZES):
        given, size = MAP_SIZES[name]
        about = f"measured on a published figure: {size[0]}×{size[1]} positions at 224×224"
        case = {"kind": "mapSize", "about": about, "inputSize": [224, 224], "options": given}
        write_published(name, case, [size])
    if new("published_jet"):
        about = "rows 1, 128 and 256 of jet(256)"
        case = {"kind": "jet", "about": about, "m": 256, "rows": list(JET_ROWS)}
        write_published("published_jet", case, list(JET_ROWS.values()))


if __name__ == "__main__":
    main()
