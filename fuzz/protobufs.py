"""Changes of an ONNX network as a protobuf: one field somewhere in the tree of its messages."""

from collections.abc import Iterator
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from onnx import AttributeProto, ModelProto, NodeProto, defs, helper

from mutations import FLOATS, INTEGERS, TEXTS, changed_bytes

_FLOATING = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)


def change(model: ModelProto, random: Random) -> None:
    """Change the model in place, once."""
    kind = random.random()
    if kind < 0.25 and model.graph.node:
        _change_attribute(random.choice(model.graph.node), random)
    elif kind < 0.35 and model.graph.node:
        _change_wiring(model, random)
    elif kind < 0.4 and model.opset_import:
        model.opset_import[0].version = random.choice((0, 1, 5, 6, 7, 9, 11, 13, 17, 21, 999, -1))
    else:
        places = list(_places(model))
        message, field = random.choice(places)
        _change_field(message, field, random, model)


def changed_text(content: bytes, model: ModelProto, random: Random) -> bytes:
    """The file with a byte that is no UTF-8 in one of its names: protobuf's own setters take none."""
    names = [name for node in model.graph.node for name in (node.name, node.op_type, *node.input, *node.output)]
    names += [entry.name for node in model.graph.node for entry in node.attribute]
    names += [tensor.name for tensor in (*model.graph.initializer, *model.graph.input)]
    name = random.choice([name for name in names if name] or ["input"]).encode()
    places = [at for at in range(len(content)) if content.startswith(name, at)]
    if not places:
        return content
    if random.random() < 0.5:  # everywhere: the edges of the graph still lead somewhere
        return content.replace(name, b"\xff" + name[1:])
    at = random.choice(places)
    return content[:at] + b"\xff" + content[at + 1 :]


def _places(message: Message) -> Iterator[tuple[Message, FieldDescriptor]]:
    """Every field that is set, and one that is not of each message."""
    for field in message.DESCRIPTOR.fields:
        repeated = field.is_repeated
        if repeated:
            entries = getattr(message, field.name)
            if len(entries):
                yield message, field
            if field.message_type is not None:
                for entry in list(entries)[:40]:
                    yield from _places(entry)
        elif message.HasField(field.name):
            yield message, field
            if field.message_type is not None:
                yield from _places(getattr(message, field.name))


def _change_field(message: Message, field: FieldDescriptor, random: Random, model: ModelProto) -> None:
    if field.is_repeated:
        entries = getattr(message, field.name)
        at, how = random.randrange(len(entries)), random.random()
        if how < 0.25:
            del entries[at]
        elif how < 0.4:
            if field.message_type is None:
                entries.append(entries[at])
            else:
                entries.add().CopyFrom(entries[at])
        elif how < 0.45:
            del entries[at:]
        elif field.message_type is None:
            entries[at] = _other_value(field, entries[at], random, model)
        return
    if random.random() < 0.15 or field.message_type is not None:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _other_value(field, getattr(message, field.name), random, model))


def _other_value(field: FieldDescriptor, value: Any, random: Random, model: ModelProto) -> Any:
    if field.cpp_type in _FLOATING:
        return random.choice((*FLOATS, value * 2, -value))
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return random.choice([entry.number for entry in field.enum_type.values])
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING and field.type == FieldDescriptor.TYPE_BYTES:
        return changed_bytes(value, random)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return random.choice((*TEXTS, *_names(model)))
    bits = 32 if field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32) else 64
    signed = field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    number = random.choice((*INTEGERS, *range(12), value + 1, value - 1, value * 2))
    return min(max(int(number), low), high)


def _names(model: ModelProto) -> list[str]:
    names = [name for node in model.graph.node for name in (*node.input, *node.output, node.op_type)]
    return [*names, *(tensor.name for tensor in model.graph.initializer)]


def _change_attribute(node: NodeProto, random: Random) -> None:
    """An attribute that the operator has, of another value or another kind."""
    known = [entry.name for entry in node.attribute]
    try:
        known += list(defs.get_schema(node.op_type, node.domain).attributes)
    except defs.SchemaError:
        known.append("alpha")
    if not known:
        return
    name = random.choice(known)
    kept = [entry for entry in node.attribute if entry.name != name]
    some = list(next((_values(entry) for entry in node.attribute if entry.name == name), ()))
    values = [
        *(some[:-1], [*some, 1], [random.choice(INTEGERS) for _ in some], [random.randrange(5) for _ in some]),
        *(random.choice(INTEGERS), random.randrange(9), random.choice(FLOATS), random.choice(FLOATS)),
        *([0.5, 1.0], "text", b"\xff\xfe", ["a", "b"], random.choice(("SAME_UPPER", "VALID", "NOTSET", "constant"))),
    ]
    value = random.choice(
        [value for value in values if isinstance(value, bytes | str | int | float) or _is_list(value)]
    )
    del node.attribute[:]
    node.attribute.extend(kept)
    made: AttributeProto = helper.make_attribute(name, value)  # of the class that the value has
    if random.random() < 0.05:
        made.type = random.choice(
            [entry.number for entry in AttributeProto.DESCRIPTOR.enum_types_by_name["AttributeType"].values]
        )
    node.attribute.append(made)


def _is_list(values: list[Any]) -> bool:
    """Whether an attribute can hold them."""
    return (
        bool(values)
        and len({type(value) for value in values}) == 1
        and isinstance(values[0], int | float | str | bytes)
    )


def _values(entry: AttributeProto) -> list[Any]:
    value = helper.get_attribute_value(entry)
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, bytes) else [value]


def _change_wiring(model: ModelProto, random: Random) -> None:
    """An edge that leads elsewhere, another operator, another order, or one node more."""
    node, how = random.choice(model.graph.node), random.random()
    if how < 0.4 and node.input:
        node.input[random.randrange(len(node.input))] = random.choice((*_names(model), ""))
    elif how < 0.5 and node.output:
        node.output[random.randrange(len(node.output))] = random.choice((*_names(model), ""))
    elif how < 0.75:
        operators: tuple[str, ...] = (
            "Relu",
            "Sigmoid",
            "MaxPool",
            "AveragePool",
            "GlobalMaxPool",
            "Softmax",
            "Exp",
            "Log",
            "Transpose",
        )
        operators += (
            "LRN",
            "Add",
            "Mul",
            "Div",
            "Concat",
            "Flatten",
            "Reshape",
            "Cast",
            "Clip",
            "Pad",
            "Identity",
            "Loop",
        )
        node.op_type = random.choice(
            (*operators, "Resize", "Tile", "Expand", "ConstantOfShape", "InstanceNormalization")
        )
    elif how < 0.85:
        other = random.choice(model.graph.node)
        kept = NodeProto()
        kept.CopyFrom(node)
        node.CopyFrom(other)
        other.CopyFrom(kept)
    else:
        names = [name for name in _names(model) if name]
        operator = random.choice(("Relu", "Exp", "Add", "Mul", "LRN", "Dropout", "Identity", "Cast"))
        inputs = [random.choice(names) for _ in range(2 if operator in ("Add", "Mul") else 1)]
        attributes = {"LRN": {"size": random.choice((1, 2, 3, 5))}, "Cast": {"to": random.choice((1, 6, 7, 10, 11))}}
        made = helper.make_node(operator, inputs, [f"new_{len(model.graph.node)}"], **attributes.get(operator, {}))
        model.graph.node.insert(random.randrange(len(model.graph.node) + 1), made)
