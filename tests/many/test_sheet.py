"""Contact sheets: what is in the page and in its pictures."""

import base64
import os
import re

import numpy as np
import pytest

import networks
from occlusion_sensitivity import explain_images, importNetworkFromONNX, imresize, open_maps
from occlusion_sensitivity.lettering import score_text
from occlusion_sensitivity.many import sheet_content
from occlusion_sensitivity.painting import Scale, mapped, overlaid
from occlusion_sensitivity.pictures import encoded
from sheets import Page, pixels, written

NAMES = ["one", "two", "three", "four"]
NO_FILE = r"Of \d+ images the maps are shown alone: \d+ whose picture was in no file\. images says where they are\."


def photograph(rows, cols):
    y, x = np.mgrid[0:rows, 0:cols]
    return np.stack([y * 255 / rows, x * 255 / cols, 128 + 100 * np.sin((x + y) / 30)], axis=2).astype(np.uint8)


def test_the_page_says_what_the_store_holds(maps, folder, tmp_path):
    maps.save(tmp_path / "index.html")
    page, table = Page(tmp_path / "index.html"), maps.table()
    assert page.data["places"] == maps.done == [0, 1, 3, 4, 5]
    assert page.data["folder"] == "index_files"
    done = table[maps.done]
    assert page.data["names"] == done["name"].tolist() == ["a.PNG", "b.png", "c.png", "deep/er/a.png", "deep/z.png"]
    assert page.data["sha256"] == done["sha256"].tolist()
    assert page.data["channels"] == [done["channel"].tolist()]
    assert [page.data["classes"][str(channel)] for channel in done["channel"]] == done["class"].tolist()
    np.testing.assert_allclose(page.data["scores"], [done["score"]], rtol=1e-5)
    np.testing.assert_allclose(page.data["peaks"], [done["peak"]], rtol=1e-5)
    assert (page.data["alone"], page.data["areas"], page.data["curves"]) == ({}, {}, None)
    assert "6 images, of which 1 failed." in page.said
    assert re.search(r"Failed Image Error bad\.png 'bad\.png' cannot be read as a picture", page.said)
    for said in ("net.onnx", "MaskSize auto", "Stride 2, 2", "squash", "best 1", str(folder), "zarr 3."):
        assert said in page.said.partition("How it was made")[2]
    files = set(written(tmp_path / "index_files"))
    stems = [str(k) for k in maps.done]
    assert {name for name in files if "mean" not in name} == {
        "occlusion-sensitivity.txt", *(f"{kind}/{stem}.jpg" for kind in ("small", "large") for stem in stems)
    }  # fmt: skip
    # All that it needs is beside it, or in it.
    assert {f"index_files/large/{stem}.jpg" for stem in stems} < page.links()
    assert all((tmp_path / link).exists() for link in page.links() if not link.startswith(("#", "data:")))


@pytest.mark.parametrize("fit", ["squash", "crop"])
@pytest.mark.parametrize("size", [(300, 420), (1100, 1500), (60, 40)])
def test_the_pictures_are_photographs_under_their_maps(net, tmp_path, fit, size):
    X = photograph(*size)
    (tmp_path / "x.png").write_bytes(encoded(X, "PNG"))
    maps = explain_images(net, tmp_path / "x.png", tmp_path / "maps.zarr", channels="best 2", fit=fit)
    maps.save(tmp_path / "index.html")
    drops = maps.drops(0)
    shown = np.array(size) * min(1, 1000 / max(size)) * max(1, 240 // max(size))
    rows, cols = shown.round().astype(int)
    base = imresize(X, [int(rows), int(cols)], "nearest" if max(size) < 240 else "bicubic")
    seen = (rows, cols) if fit == "squash" else (min(rows, round(cols * 12 / 10)), min(cols, round(rows * 10 / 12)))
    row0, col0 = (rows - seen[0]) // 2, (cols - seen[1]) // 2
    scale = Scale.of(drops, "jet")  # one for both classes
    for rank in range(2):
        part = base[row0 : row0 + seen[0], col0 : col0 + seen[1]]
        expected = base.astype(int)
        expected[row0 : row0 + seen[0], col0 : col0 + seen[1]] = overlaid(
            part, imresize(drops[..., rank], list(seen)), scale, 0.6
        )
        large = pixels(tmp_path / "index_files" / "large" / f"0-{rank + 1}.jpg")
        small = pixels(tmp_path / "index_files" / "small" / f"0-{rank + 1}.jpg")
        assert large.shape == (rows, cols, 3)
        assert max(small.shape) == 200
        inside = np.ones((rows, cols), dtype=bool)
        if fit == "crop":  # but for the line around what was seen
            for edge in (row0, row0 + seen[0]):
                inside[max(0, edge - 20) : edge + 20] = False
            for edge in (col0, col0 + seen[1]):
                inside[:, max(0, edge - 20) : edge + 20] = False
        assert np.abs(large - expected)[inside].mean() < 4
        assert np.abs(small - imresize(expected.astype(np.uint8), list(small.shape[:2]))).mean() < 9


def test_a_picture_that_is_gone_or_changed_leaves_the_map_alone(maps, folder, tmp_path):
    (folder / "a.PNG").unlink()
    (folder / "b.png").write_bytes((folder / "c.png").read_bytes())
    with pytest.warns(RuntimeWarning) as warned:
        maps.save(tmp_path / "index.html")
    said = (
        "Of 2 images the maps are shown alone: 1 whose picture is not to be found, 1 whose picture has changed since."
    )
    assert [str(warning.message) for warning in warned] == [f"{said} images says where they are."]
    page = Page(tmp_path / "index.html")
    assert said in page.said
    assert page.data["alone"] == {"0": "is not to be found", "1": "has changed since"}
    expected = mapped(imresize(maps.drops(0), [480, 400]), Scale.of(maps.drops(0), "jet"))
    assert np.abs(pixels(tmp_path / "index_files" / "large" / "0.jpg") - expected).mean() < 6
    assert (tmp_path / "index_files" / "small" / "0.jpg").exists()


def test_images_says_where_the_pictures_are(maps, folder, tmp_path):
    folder.rename(tmp_path / "moved")
    maps.save(tmp_path / "index.html", images=tmp_path / "moved")
    assert Page(tmp_path / "index.html").data["alone"] == {}
    message = r"^images must be images of the store, whose names are 'a\.PNG', 'b.*' …; but .* has none of them\.$"
    with pytest.raises(ValueError, match=message):
        maps.save(tmp_path / "index.html", images=[tmp_path / "moved" / "a.PNG", tmp_path / "moved" / "b.png"])
    with pytest.raises(FileNotFoundError, match="^images: there is no folder and no file 'nowhere'"):
        maps.save(tmp_path / "index.html", images="nowhere")
    (tmp_path / "moved").rename(folder)
    (folder / "deep").rename(tmp_path / "deep")
    with pytest.warns(RuntimeWarning, match="Of 2 images"):  # the others are where they were
        maps.save(tmp_path / "index.html", images=folder / "a.PNG")


def test_pictures_behind_a_url(net, images, tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/sheet/a.png", encoded(images[0], "PNG"))
    maps = explain_images(net, "memory://sheet", tmp_path / "maps.zarr")
    maps.save(tmp_path / "index.html")
    assert Page(tmp_path / "index.html").data["alone"] == {}
    memory.rm("/sheet", recursive=True)
    with pytest.warns(RuntimeWarning, match="is not to be found"):
        maps.save(tmp_path / "index.html")


def test_images_of_an_array_have_no_files(net, images, tmp_path):
    maps = explain_images(net, images, tmp_path / "maps.zarr")
    with pytest.warns(RuntimeWarning, match=NO_FILE):
        maps.save(tmp_path / "index.html")
    assert set(Page(tmp_path / "index.html").data["alone"].values()) == {"was in no file"}
    maps.save(tmp_path / "index.html", images=images)
    assert Page(tmp_path / "index.html").data["alone"] == {}
    others = images.copy()
    others[3] += 1
    with pytest.warns(RuntimeWarning, match="1 whose picture has changed since.$"):
        maps.save(tmp_path / "index.html", images=others)
    assert Page(tmp_path / "index.html").data["alone"] == {"3": "has changed since"}


def test_several_classes_of_each_image(net, images, tmp_path):
    maps = explain_images(net, images, tmp_path / "a.zarr", NAMES, channels=["three", "one"])
    maps.save(tmp_path / "a.html", images=images)
    page, table = Page(tmp_path / "a.html"), maps.table()
    assert page.data["views"] == ["three", "one"]
    assert page.data["channels"] == table["channel"].T.tolist() == [[3] * 5, [1] * 5]
    np.testing.assert_allclose(page.data["scores"], table["score"].T, rtol=1e-5)
    maps = explain_images(net, images, tmp_path / "b.zarr", NAMES, channels="best 3")
    maps.save(tmp_path / "b.html", images=images)
    assert Page(tmp_path / "b.html").data["views"] == ["highest score", "2nd highest score", "3rd highest score"]
    assert {f"large/4-{rank}.jpg" for rank in (1, 2, 3)} < set(written(tmp_path / "b_files"))


@pytest.fixture
def many_channels(tmp_path):
    net = networks.convolutional(tmp_path / "wide.onnx", np.random.default_rng(3), n_channels=30)
    return importNetworkFromONNX(net)


def test_of_many_classes_the_first_twenty_are_shown(many_channels, images, tmp_path):
    maps = explain_images(many_channels, images[:1], tmp_path / "maps.zarr", channels="best 22")
    maps.save(tmp_path / "index.html", images=images[:1])
    page = Page(tmp_path / "index.html")
    assert len(page.data["scores"]) == len(page.data["views"]) == 20
    assert "The first 20 classes of each image are shown; the store has 2 more." in page.said
    assert len([name for name in written(tmp_path / "index_files") if name.startswith("large")]) == 20


def test_two_channels_of_one_name_are_told_apart(net, images, tmp_path):
    maps = explain_images(net, images[:1], tmp_path / "maps.zarr", ["cup", "cup", "a", "b"], channels=[1, 2, 3])
    maps.save(tmp_path / "index.html", images=images[:1])
    assert Page(tmp_path / "index.html").data["classes"] == {"1": "cup (channel 1)", "2": "cup (channel 2)", "3": "a"}


def test_mean_maps(many_channels, images, tmp_path, monkeypatch):
    """Of all images, and of the classes that most of them have."""
    monkeypatch.setattr(sheet_content, "_MOST_MEANS", 3)
    maps = explain_images(many_channels, images, tmp_path / "maps.zarr", channels="best 4", Stride=2)
    maps.save(tmp_path / "index.html", images=images)
    channels, counts = np.unique(maps.table()["channel"], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:3]
    assert counts[order[0]] > counts[order[-1]] or counts.max() > counts.min()
    page = Page(tmp_path / "index.html")
    names = [
        attributes["alt"]
        for tag, attributes in page.tags
        if tag == "img" and "alt" in attributes and "src" in attributes
    ]
    assert names == ["Mean map of all images", *(f"Mean map of channel {channels[k]}" for k in order)]
    for k in order:
        assert f"channel {channels[k]} {counts[k]} map" in page.said
    assert f"and of the 3 classes, of {len(channels)}, that have most maps." in page.said
    table = maps.table()
    means = [np.mean([maps.drops(k)[..., 0] for k in range(5)], axis=0)]
    for label in channels[order]:
        ranks = [(k, rank) for k in range(5) for rank in range(4) if table["channel"][k, rank] == label]
        means.append(np.mean([maps.drops(k)[..., rank] for k, rank in ranks], axis=0))
    for number, mean in enumerate(means):
        drawn = pixels(tmp_path / "index_files" / "mean" / f"{number}.png")
        expected = mapped(imresize(mean, [160, 133]), Scale.of(mean, "jet")).astype(int)
        assert np.abs(drawn - expected).max() <= 8  # a colour beside it
        assert f"0 {score_text(mean.max())}" in page.said
    assert len(written(tmp_path / "index_files" / "mean")) == 4


def test_where_no_mask_lowers_the_mean_score(tmp_path):
    weight = np.full((2, 8, 8, 1), -1, dtype=np.float32)
    net = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", weight))
    X = np.full((1, 8, 8, 1), 100, dtype=np.uint8)
    maps = explain_images(net, X, tmp_path / "maps.zarr", channels=1, MaskValue=200)
    assert (maps.drops(0) > 0).all()
    maps = explain_images(net, X, tmp_path / "other.zarr", channels=1, MaskValue=0)
    assert (maps.drops(0) < 0).all()
    maps.save(tmp_path / "index.html", images=X)
    assert "No mask lowers the mean score." in Page(tmp_path / "index.html").said


def test_curves(net, images, tmp_path):
    maps = explain_images(net, images, tmp_path / "maps.zarr", channels="best 2", faithfulness=7)
    maps.save(tmp_path / "index.html", images=images)
    page, table = Page(tmp_path / "index.html"), maps.table()

    def read(curve):
        low, high, codes = curve
        return low + (high - low) * np.frombuffer(base64.b64decode(codes), np.uint8).reshape(2, 8) / 254, high - low

    assert page.data["curves"]["names"] == ["deletion", "insertion"]
    expected = np.stack([[maps.curves(name, k).T for k in range(5)] for name in ("deletion", "insertion")])
    for rank in range(2):
        for name in ("deletion", "insertion"):
            np.testing.assert_allclose(page.data["areas"][name][rank], table[f"{name}_area"][:, rank], rtol=1e-5)
        for k in range(5):
            found, height = read(page.data["curves"]["each"][rank][k])
            np.testing.assert_allclose(found, expected[:, k, rank], atol=height / 500)
    found, height = read(page.data["curves"]["mean"])
    np.testing.assert_allclose(found, expected[:, :, 0].mean(axis=1), atol=height / 500)
    assert "steps 7" in page.said


def test_values_that_are_not_finite(tmp_path):
    """Nothing in the page's data is a number that JSON has not."""
    weight = np.full((2, 4, 4, 1), np.float32(3e38))
    net = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", weight))
    X = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1) + np.uint8(100)
    with pytest.warns(RuntimeWarning, match="output is NaN or infinite"):
        maps = explain_images(net, X, tmp_path / "maps.zarr", channels=1, faithfulness=2)
    assert not np.isfinite(maps.table()["score"][0])
    maps.save(tmp_path / "index.html", images=X)
    data = Page(tmp_path / "index.html").data
    assert data["scores"] == data["peaks"] == data["areas"]["deletion"] == [[None]]
    assert set(base64.b64decode(data["curves"]["mean"][2])) <= {0, 254, 255}


WILD = [
    "<script>window.broken = 1<∕script>.png",
    "<img src=x onerror='window.broken = 1'>.png",
    "a\"b'c&amp;d.png",
    "猫 % # ?.png",
    "<!--.png",
    "<i>bad.png",
]


def test_names_of_any_kind_break_nothing(net, images, tmp_path):
    root = tmp_path / "<i>photos"
    root.mkdir()
    for name, image in zip([*WILD[:-1], "ok.png"], [*images, images[0]], strict=True):
        (root / name).write_bytes(encoded(image, "PNG"))
    (root / WILD[-1]).write_text("no picture")
    classes = [f"</script><i>{k}\" '\udcfe" for k in range(4)]
    maps = explain_images(net, root, tmp_path / os.fsdecode(b"<i>maps\xff.zarr"), classes)
    output = tmp_path / os.fsdecode(b"a b%20#<i>\xff.html")
    maps.save(output)
    page = Page(output)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 2
    assert not {"i", "img src=x"} & set(tags)
    assert "onerror" not in {name for _, attributes in page.tags for name in attributes}
    assert page.data["names"] == [maps.names[k] for k in maps.done]
    assert set(page.data["classes"].values()) <= set(classes)
    assert "Failed Image Error <i>bad.png" in page.said
    assert all((tmp_path / link).exists() for link in page.links() if not link.startswith(("#", "data:")))


def test_a_store_without_a_single_map(net, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "bad.png").write_text("no picture")
    maps = explain_images(net, tmp_path / "photos", tmp_path / "maps.zarr")
    maps.save(tmp_path / "index.html")
    page = Page(tmp_path / "index.html")
    assert page.data["names"] == []
    assert "maps.zarr: 0 occlusion maps" in page.said
    assert "1 image, of which 1 failed" in page.said
    assert "Where the network looks" not in page.said


def test_what_is_still_to_do_is_said(net, folder, tmp_path):
    (folder / "bad.png").write_text("no picture")
    with pytest.raises(RuntimeError, match="bad"):
        explain_images(net, folder, tmp_path / "maps.zarr", on_error="raise")
    open_maps(tmp_path / "maps.zarr").save(tmp_path / "index.html")
    assert "6 images, of which 1 failed, 3 still to do." in Page(tmp_path / "index.html").said


def test_of_many_failures_the_first_are_listed(net, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_content, "_MOST_FAILURES", 2)
    for k in range(5):
        (folder / f"bad{k}.png").write_text("no picture")
    explain_images(net, folder, tmp_path / "maps.zarr").save(tmp_path / "index.html")
    said = Page(tmp_path / "index.html").said
    assert "bad1.png" in said
    assert "bad2.png" not in said
    assert "And 3 more; occlusion-sensitivity show lists all." in said


def test_ten_thousand_images_make_no_large_page(net, tmp_path):
    """Less than 500 bytes each, with curves of two classes."""
    X = np.random.default_rng(2).integers(0, 256, (40, 12, 10, 3)).astype(np.uint8)
    lengths = []
    for count in (10, 40):
        maps = explain_images(net, X[:count], tmp_path / f"{count}.zarr", channels="best 2", faithfulness=20)
        maps.save(tmp_path / f"{count}.html", images=X[:count])
        lengths.append((tmp_path / f"{count}.html").stat().st_size)
    assert (lengths[1] - lengths[0]) / 30 < 500


@pytest.mark.parametrize("kind", ["double", "logical", "int64", "grey"])
def test_arrays_of_any_class_are_drawn(images, tmp_path, kind):
    """As what they are, from black to white; where nothing changes the score, without a colour."""
    given, shown = {
        "double": (images / 255, images),
        "logical": (images > 100, 255 * (images > 100)),
        "int64": (images.astype(np.int64), images),
        "grey": (images[..., :1], np.repeat(images[..., :1], 3, axis=3)),
    }[kind]
    weight = np.zeros((2, *given.shape[1:]), dtype=np.float32)
    net = importNetworkFromONNX(networks.linear(tmp_path / "net.onnx", weight))
    explain_images(net, given, tmp_path / "maps.zarr", channels=1).save(tmp_path / "index.html", images=given)
    assert Page(tmp_path / "index.html").data["alone"] == {}
    drawn = pixels(tmp_path / "index_files" / "large" / "0.jpg")[10::20, 10::20]  # in the middle of each pixel
    assert np.abs(drawn - shown[0]).mean() < 12  # JPEG has less of colours than of light
