"""What users see of the package in an editor: dir(), and signatures that can be read."""

import inspect
import subprocess
import sys
from importlib.resources import files

import pytest

import occlusion_sensitivity
import occlusion_sensitivity.matlab
from occlusion_sensitivity import dlnetwork, imagePretrainedNetwork
from occlusion_sensitivity.matlab import DAGNetwork, SeriesNetwork, imageDatastore

MODULES = (occlusion_sensitivity, occlusion_sensitivity.matlab)
NETWORK = ["InputNames", "Layers", "OutputNames", "predict"]
PUBLIC = [
    pytest.param(getattr(module, name), id=f"{module.__name__}.{name}") for module in MODULES for name in module.__all__
]


def listed(of):
    """What dir() lists, without Python's own names."""
    return [name for name in dir(of) if not (name.startswith("__") and name.endswith("__"))]


@pytest.fixture(scope="module")
def net():
    return imagePretrainedNetwork()[0]


def test_a_network_lists_what_matlab_users_know(net):
    assert listed(net) == NETWORK
    assert {"__class__", "__doc__", "__init__", "__repr__"} <= set(dir(net))
    net.OutputNames = "logits"
    assert listed(net) == NETWORK


@pytest.mark.parametrize("kind", [DAGNetwork, SeriesNetwork])
def test_a_classifier_lists_the_same(net, kind):
    classifier = kind(net, Classes=[str(k) for k in range(1000)])
    assert listed(classifier) == NETWORK
    assert listed(classifier.Layers[-1]) == ["Classes", "Name", "Type"]


def test_a_class_of_ones_own_lists_its_names(net):
    class Mine(dlnetwork):
        def explain(self):
            return self._hidden

    mine = Mine(net.network, net.input_layer)
    mine.note = "a network"
    assert listed(mine) == sorted([*NETWORK, "explain", "note"])


def test_layers_list_what_they_have(net):
    statistics = ["Max", "Mean", "Min", "StandardDeviation"]
    assert listed(net.Layers[0]) == sorted(["InputSize", "Name", "Normalization", "Type", *statistics])
    assert listed(net.Layers[1]) == ["Name", "Type"]
    assert listed(net.Layers) == ["count", "index"]
    for of in (net, net.Layers, net.Layers[0], net.Layers[1]):
        for name in dir(of):
            getattr(of, name)


def test_a_folder_of_pictures_lists_what_matlab_users_know():
    assert listed(imageDatastore(str(files("occlusion_sensitivity") / "data"))) == ["Files", "Labels", "ReadFcn"]


@pytest.mark.parametrize("module", ["occlusion_sensitivity", "occlusion_sensitivity.matlab"])
def test_a_module_lists_its_public_names(module):
    code = f"""import {module} as m
before = dir(m)
from {module} import *
import occlusion_sensitivity.cli
print(sorted(set(dir(m)) - set(m.__all__)), dir(m) == before, set(m.__all__) <= set(before))"""
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    names, *rest = printed.rsplit(maxsplit=2)
    assert rest == ["True", "True"]
    names = eval(names)
    assert all(name.startswith("__") and name.endswith("__") for name in names)
    assert {"__doc__", "__file__", "__name__"} <= set(names)
    assert ("__version__" in names) == (module == "occlusion_sensitivity")


@pytest.mark.parametrize("public", PUBLIC)
def test_a_signature_can_be_read(public):
    signature = inspect.signature(public)
    assert len(str(signature)) < max(250, 45 * len(signature.parameters))
    assert "typing." not in str(signature)


@pytest.mark.parametrize("method", [dlnetwork.predict, DAGNetwork.predict])
def test_a_method_can_be_read(method):
    assert str(inspect.signature(method)) == "(self, X: 'ImageLike') -> 'NDArray[np.float32]'"
