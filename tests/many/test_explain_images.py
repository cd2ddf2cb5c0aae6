"""explain_images and open_maps: what is in the store, and when it is computed."""

import re

import numpy as np
import pytest

import networks
from occlusion_sensitivity import (
    deletion,
    explain,
    explain_images,
    importNetworkFromONNX,
    imresize,
    insertion,
    occlusionSensitivity,
    open_maps,
)
from occlusion_sensitivity.many import run
from occlusion_sensitivity.matlab import importONNXNetwork
from occlusion_sensitivity.pictures import encoded

SIZE = (12, 10)
NAMES = ["one", "two", "three", "four"]


@pytest.fixture
def computed(monkeypatch):
    """The names of the images that were explained."""
    sources = []
    outcome_of = run.outcome_of

    def counted(job, source):
        sources.append(source)
        return outcome_of(job, source)

    monkeypatch.setattr(run, "outcome_of", counted)
    return sources


@pytest.mark.parametrize("upsampling", ["bicubic", "nearest", "none"])
def test_the_maps_are_those_of_occlusion_sensitivity(net, images, store, upsampling):
    how = {
        "MaskSize": [3, 4],
        "Stride": 2,
        "MaskClipping": "off",
        "MaskValue": [1, 2, 3],
        "OutputUpsampling": upsampling,
    }
    maps = explain_images(net, images, store, **how)
    assert len(maps) == 5
    for k, image in enumerate(images):
        scores = net.predict(image)[0]
        row = maps.table()[k]
        assert row["channel"] == scores.argmax() + 1
        assert row["score"] == scores.max()
        expected = occlusionSensitivity(net, image, int(row["channel"]), **how)
        np.testing.assert_array_equal(maps[k], expected, strict=True)
        assert row["peak"] == maps.drops(k).max()
    np.testing.assert_array_equal(np.stack(list(open_maps(store))), maps.to_dask().compute(), strict=True)


@pytest.mark.parametrize(
    ("channels", "found"),
    [
        ("best 3", None),
        ("3 best", None),
        (" Best 3 ", None),
        ([4, 1, 1], [4, 1, 1]),
        (2, [2]),
        (np.array([3.0]), [3]),
        ("three", [3]),
        (["Four", "one"], [4, 1]),
    ],
)
def test_channels(net, images, store, channels, found):
    maps = explain_images(net, images, store, NAMES, channels=channels, Stride=4)
    for k, image in enumerate(images):
        scores = net.predict(image)[0]
        expected = (np.argsort(-scores, kind="stable")[:3] + 1).tolist() if found is None else found
        row = maps.table()[k]
        assert np.atleast_1d(row["channel"]).tolist() == expected
        assert np.atleast_1d(row["class"]).tolist() == [NAMES[channel - 1] for channel in expected]
        np.testing.assert_array_equal(np.atleast_1d(row["score"]), scores[np.array(expected) - 1])
        np.testing.assert_array_equal(maps[k], occlusionSensitivity(net, image, expected, Stride=4), strict=True)


@pytest.mark.parametrize(
    ("channels", "error", "message"),
    [
        ("best 0", ValueError, "channels must be a positive integer, but is 0"),
        ("best 9", ValueError, "channels must be an integer from 1 to 4, but is 9"),
        (5, ValueError, "channels must be an integer from 1 to 4, or several, but is 5"),
        ([], ValueError, "channels must be an integer"),
        (1.5, ValueError, "channels must be an integer"),
        (None, TypeError, "channels must be an integer"),
        ("five", ValueError, "channels must be a class name of the network, but is 'five'"),
        ("2", ValueError, "but is '2'. If that is the number of a channel, channels=k chooses one"),
    ],
)
def test_channels_that_are_none(net, images, store, channels, error, message):
    with pytest.raises(error, match=message):
        explain_images(net, images, store, NAMES, channels=channels)
    assert not store.exists()


def test_labels_need_names(net, images, store):
    with pytest.raises(ValueError, match="channels 'one' needs the names of the channels: classNames"):
        explain_images(net, images, store, channels="one")


def test_photographs_are_what_explain_makes_of_them(real_networks, folder, store):
    net = real_networks["cifar"].net
    how = {"fit": "crop", "pixel_range": 1, "mean": [0.4, 0.5, 0.6], "std": 0.25, "Stride": 8}
    with _quiet():
        maps = explain_images(net, folder, store, channels=[2, 1], **how)
        for k, name in enumerate(maps.names):
            single = explain(folder / name, net, channel=[2, 1], **how)
            np.testing.assert_array_equal(maps[k], single.map, strict=True)
            row = maps.table()[k]
            assert (row["sha256"], row["height"], row["width"]) == (single.sha256, *single.photograph.shape[:2])
    assert maps.attributes["folder"] == str(folder)


def _quiet():
    import warnings

    caught = warnings.catch_warnings()
    warnings.simplefilter("ignore", RuntimeWarning)  # noise is no photograph
    return caught


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, bool])
def test_arrays_of_classes_that_matlab_has_not_are_taken_as_explain_takes_them(net, images, store, dtype):
    X = (images[:2] > 99) if dtype is bool else images[:2].astype(dtype)
    maps = explain_images(net, X, store, channels=1, Stride=4)
    assert maps.failed == {}
    for k in range(2):
        with _quiet():
            np.testing.assert_array_equal(maps[k], explain(X[k], net, channel=1, Stride=4).map, strict=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_arrays_of_the_networks_size_are_its_images(tmp_path, store, dtype):
    """Of any class and number of channels, as occlusionSensitivity takes them; others are photographs."""
    rng = np.random.default_rng(3)
    net = importNetworkFromONNX(networks.linear(tmp_path / "five.onnx", rng.normal(size=(2, 8, 9, 5))))
    X = rng.integers(0, 3000 if dtype is not np.uint8 else 256, (3, 8, 9, 5)).astype(dtype)
    maps = explain_images(net, X, store, channels=[1, 2])
    for k in range(3):
        np.testing.assert_array_equal(maps[k], occlusionSensitivity(net, X[k], [1, 2]), strict=True)
    smaller = explain_images(net, X[:, 1:], tmp_path / "smaller.zarr", channels=[1, 2])
    if dtype in (np.uint8, np.uint16):
        assert "photograph must be H×W, H×W×3 or H×W×4" in smaller.failed["0"]
    else:
        resized = imresize(X[0, 1:].astype(np.float32 if dtype is np.float32 else np.float64), [8, 9])
        np.testing.assert_array_equal(smaller[0], occlusionSensitivity(net, resized, [1, 2]))


def test_grey_and_logical_arrays(real_networks, store):
    net = real_networks["digits"].net
    X = np.random.default_rng(4).random((2, 32, 32)) < 0.3
    maps = explain_images(net, X, store, channels=2)
    np.testing.assert_array_equal(maps[1], occlusionSensitivity(net, X[1] * np.uint8(255), 2))


def test_a_classifier_brings_its_names_and_a_layer_has_none(network_file, images, store, tmp_path):
    net = importONNXNetwork(network_file, Classes=NAMES, OutputLayerType="classification")
    maps = explain_images(net, images, store, channels="two", Stride=6)
    assert maps.classes == NAMES
    of_layer = explain_images(net, images, tmp_path / "layer.zarr", channels=[1, 6], layer="relu", Stride=6)
    assert of_layer.classes == [f"channel {k}" for k in range(1, 7)]
    expected = occlusionSensitivity(net, images[3], "relu", [1, 6], Stride=6)
    np.testing.assert_array_equal(of_layer[3], expected)


def test_a_network_that_takes_images_of_any_size(tmp_path, store):
    """Masks of 20 % are of different sizes then, and so are the maps."""
    rng = np.random.default_rng(5)
    file = networks.fully_convolutional(tmp_path / "any.onnx", rng)
    net = importNetworkFromONNX(file)
    (tmp_path / "photos").mkdir()
    pictures = {
        f"{k}.png": rng.integers(0, 256, (*size, 3)).astype(np.uint8) for k, size in enumerate([(20, 30), (14, 9)])
    }
    for name, picture in pictures.items():
        (tmp_path / "photos" / name).write_bytes(encoded(picture, "PNG"))
    (tmp_path / "photos" / "2.png").write_bytes(b"no picture")
    with _quiet():
        maps = explain_images(net, tmp_path / "photos", store, channels=[1, 2])
    for k, picture in enumerate(pictures.values()):
        np.testing.assert_array_equal(maps[k], occlusionSensitivity(net, picture, [1, 2]), strict=True)
    assert maps.drops(0).shape == occlusionSensitivity(net, pictures["0.png"], [1, 2], OutputUpsampling="none").shape
    assert np.isnan(maps[2]).all()
    with pytest.raises(ValueError, match="different sizes"):
        maps.to_dask()
    assert maps.mean_map().shape == (20, 30)
    assert np.isfinite(maps.mean_map()).all()


@pytest.mark.parametrize("upsampling", ["bicubic", "none"])
def test_a_picture_that_is_smaller_by_now_leaves_no_gap(tmp_path, store, upsampling):
    """The array of drops stays as large as it was."""
    net = importNetworkFromONNX(networks.fully_convolutional(tmp_path / "any.onnx", np.random.default_rng(5)))
    images = np.random.default_rng(6).integers(0, 256, (3, 16, 12, 3)).astype(np.uint8)
    how = {"MaskSize": 4, "Stride": 2, "OutputUpsampling": upsampling}
    explain_images(net, np.pad(images[:1], [(0, 0), (0, 8), (0, 6), (0, 0)]), store, **how)
    with pytest.warns(RuntimeWarning, match="1 image has changed since"):
        maps = explain_images(net, images, store, **how)
    expected = np.stack(
        [occlusionSensitivity(net, X, int(c), **how) for X, c in zip(images, maps.table()["channel"], strict=True)]
    )
    np.testing.assert_array_equal(maps.to_dask().compute(), expected, strict=True)
    np.testing.assert_allclose(maps.mean_map(), expected.mean(axis=0), rtol=0, atol=1e-6)


def test_what_is_done_is_not_done_again(net, images, store, computed):
    first = np.stack(list(explain_images(net, images[:3], store)))
    assert len(computed) == 3
    maps = explain_images(net, images, store)
    assert len(computed) == 5
    np.testing.assert_array_equal(np.stack(list(maps))[:3], first)
    explain_images(net, images, store, MiniBatchSize=2)
    assert len(computed) == 5


def test_what_changed_is_done_again_and_what_is_gone_stays(net, folder, images, store, computed):
    with _quiet():
        before = np.stack(list(explain_images(net, folder, store)))
        (folder / "b.png").write_bytes(encoded(images[0] // 2, "PNG"))
        (folder / "c.png").touch()
        (folder / "e.png").write_bytes(encoded(images[1] // 2, "PNG"))
        (folder / "deep" / "z.png").unlink()
    with pytest.warns(RuntimeWarning) as told:
        maps = explain_images(net, folder, store, progress=lambda done, total: None)
    assert [str(one.message) for one in told if "hardly" not in str(one.message)] == [
        "1 image has changed since, and will be explained again: 'b.png'.",
        "1 image of the store is not among those given: 'deep/z.png'. Its map stays.",
    ]
    assert len(computed) == 5 + 2
    assert maps.names == ["a.PNG", "b.png", "c.png", "deep/er/a.png", "deep/z.png", "e.png"]
    np.testing.assert_array_equal(np.stack(list(maps))[[0, 2, 3, 4]], before[[0, 2, 3, 4]])
    channel = maps.table()["channel"][1]
    np.testing.assert_array_equal(maps[1], occlusionSensitivity(net, images[0] // 2, channel))


def test_errors_are_recorded_and_tried_again(net, folder, images, store, computed):
    (folder / "bad.png").write_bytes(b"no picture")
    (folder / "d.png").mkdir()
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    with _quiet():
        maps = explain_images(net, folder, store)
        assert len(maps.failed) == 2
        assert "cannot be read as a picture" in maps.failed["bad.png"]
        assert maps.failed["gone.png"] == "The file cannot be read: No such file or directory."
        table = maps.table()
        assert table["state"].tolist() == ["done", "done", "failed", "done", "done", "done", "failed"]
        k = maps.names.index("bad.png")
        assert np.isnan(maps[k]).all()
        assert maps[k].shape == maps[0].shape
        (folder / "bad.png").write_bytes(encoded(images[0], "PNG"))
        maps = explain_images(net, folder, store)
    assert len(computed) == 7 + 2
    assert list(maps.failed) == ["gone.png"]
    assert maps.table()["error"][k] == ""
    np.testing.assert_array_equal(maps[k], maps[maps.names.index("b.png")])


def test_an_error_may_end_the_run(net, folder, store):
    (folder / "bad.png").write_bytes(b"no picture")
    with _quiet(), pytest.raises(RuntimeError, match=r"^bad.png: 'bad.png' cannot be read as a picture"):
        explain_images(net, folder, store, on_error="raise")
    maps = open_maps(store)
    assert maps.table()["state"].tolist() == ["done", "done", "failed", "to do", "to do", "to do"]
    assert repr(maps) == f"Maps of 6 images in {store}: 2 done, 1 failed, 3 to do"
    with pytest.raises(ValueError, match="on_error must be one of record, raise, but is 'ignore'"):
        explain_images(net, folder, store, on_error="ignore")


def test_progress_tells_of_what_is_in_the_store(net, images, store, tmp_path):
    explain_images(net, images[:2], store)
    told = []

    def progress(done, total):
        told.append((done, total))
        assert len(open_maps(store).done) == done

    explain_images(net, images, store, progress=progress)
    assert told[0] == (2, 5)
    assert told[-1] == (5, 5)
    assert told == sorted(told)
    with pytest.raises(TypeError, match="progress must be True, False or a function"):
        explain_images(net, images, tmp_path / "other.zarr", progress="yes")
    assert not (tmp_path / "other.zarr").exists()


def test_equal_options_may_be_typed_in_other_ways(net, images, store, computed):
    explain_images(net, images, store, MaskSize=3, Stride="au", MaskClipping=True, MaskValue=7)
    explain_images(net, images, store, masksize=[3.0, 3], MaskClipping="ON", MaskValue=np.float32([7, 7, 7]))
    assert len(computed) == 5


@pytest.mark.parametrize("upsampling", ["bicubic", "none"])
def test_curves_of_deletion_and_insertion(net, images, store, upsampling):
    how = {"Stride": 4, "MaskValue": 9, "OutputUpsampling": upsampling}
    maps = explain_images(net, images, store, channels=[3, 1], faithfulness=7, **how)
    table = maps.table()
    for k, image in enumerate(images):
        score_map = maps[k] if upsampling == "bicubic" else imresize(maps[k], SIZE, "nearest")
        for name, curve in (("deletion", deletion), ("insertion", insertion)):
            expected = curve(net, image, score_map, [3, 1], NumSteps=7, MaskValue=9)
            np.testing.assert_array_equal(maps.curves(name, k), expected.scores)
            np.testing.assert_array_equal(table[f"{name}_area"][k], expected.area)
    assert maps.attributes["faithfulness"] == {"steps": 7}
    with pytest.raises(ValueError, match="name must be one of deletion, insertion"):
        maps.curves("area", 0)
    with pytest.raises(ValueError, match="faithfulness is {'steps': 7} there and None here"):
        explain_images(net, images, store, channels=[3, 1], **how)


def test_curves_are_asked_for(net, images, store, tmp_path):
    maps = explain_images(net, images, store)
    assert "deletion_area" not in maps.table().dtype.names
    with pytest.raises(ValueError, match="has no curves: faithfulness=True keeps them"):
        maps.curves("deletion", 0)
    of_one = explain_images(net, images, tmp_path / "curves.zarr", faithfulness=True)
    assert of_one.curves("insertion", -1).shape == (21,)
    for steps, error in ((0, ValueError), ("yes", TypeError), (1.5, ValueError)):
        with pytest.raises(error, match="faithfulness must be .*a positive integer"):
            explain_images(net, images, tmp_path / "other.zarr", faithfulness=steps)
    with pytest.raises(
        ValueError, match="faithfulness must be a positive integer of at most 120, the number of pixels"
    ):
        explain_images(net, images, tmp_path / "many.zarr", faithfulness=121)
    assert not (tmp_path / "many.zarr").exists()
    file = networks.fully_convolutional(tmp_path / "any.onnx", np.random.default_rng(0))
    failed = explain_images(importNetworkFromONNX(file), images, tmp_path / "many.zarr", faithfulness=121)
    assert set(failed.failed.values()) == {"It has 120 pixels, fewer than the 121 steps of deletion and insertion."}


def test_a_gpu_that_is_asked_for_and_missing_is_no_fault_of_the_images(net, images, store, monkeypatch):
    monkeypatch.setattr("occlusion_sensitivity.execution.gpu_problem", lambda: "it is away")
    for client in (None, 2):
        with pytest.raises(RuntimeError, match='ExecutionEnvironment must be "auto" or "cpu", .*: it is away'):
            explain_images(net, images, store, client=client, ExecutionEnvironment="gpu")
    assert not store.exists()


def test_maps_without_value_are_told_of(tmp_path, store):
    weight = np.random.default_rng(7).normal(size=(2, 8, 9, 3))
    weight[1] = np.inf
    net = importNetworkFromONNX(networks.linear(tmp_path / "linear.onnx", weight))
    X = np.random.default_rng(8).integers(1, 256, (2, 8, 9, 3)).astype(np.uint8)
    with pytest.warns(RuntimeWarning, match="output is NaN or infinite for 2 images, .*: '0', '1'. So are values"):
        maps = explain_images(net, X, store, channels=[1, 2])
    assert np.isfinite(maps[1][..., 0]).all()
    assert explain_images(net, X, tmp_path / "finite.zarr", channels=1).failed == {}


def test_other_pictures_of_the_same_names_in_another_folder_are_refused(net, folder, tmp_path, images, store):
    before = np.stack(list(explain_images(net, folder, store, channels=1)))
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.PNG").write_bytes((folder / "a.PNG").read_bytes())
    (other / "b.png").write_bytes(encoded(images[1], "PNG"))
    (other / "new.png").write_bytes(encoded(images[2], "PNG"))
    told = f"store holds maps of pictures of the same names, but in '{folder}'; those in '{other}' are others: 'b.png'."
    with pytest.raises(ValueError, match=re.escape(told)):
        explain_images(net, other, store, channels=1)
    maps = open_maps(store)
    assert (len(maps), maps.attributes["folder"]) == (5, str(folder))
    np.testing.assert_array_equal(np.stack(list(maps)), before)


def test_a_folder_may_be_moved(net, folder, tmp_path, store, computed):
    explain_images(net, folder, store, channels=1)
    moved = folder.rename(tmp_path / "moved")
    (moved / "new.png").write_bytes((moved / "b.png").read_bytes())
    maps = explain_images(net, moved, store, channels=1)
    assert len(computed) == 5 + 1
    assert maps.attributes["folder"] == str(moved)


def test_a_store_in_which_nothing_is_done_takes_other_options(net, images, store):
    with pytest.raises(KeyboardInterrupt):
        explain_images(net, images, store, progress=interrupt)
    assert open_maps(store).table()["state"].tolist() == ["to do"] * 5
    maps = explain_images(net, images[:4], store, channels=[2, 1], MaskSize=4, faithfulness=3)
    np.testing.assert_array_equal(maps[3], occlusionSensitivity(net, images[3], [2, 1], MaskSize=4))
    assert len(maps) == 4


def interrupt(done, total):
    raise KeyboardInterrupt
