"""
Kernels of occlusion_sensitivity.
"""
from __future__ import annotations
import numpy
import numpy.typing
import typing
__all__: list[str] = ['copy_boxes', 'cut_crops', 'imresize']
def copy_boxes(image: numpy.typing.NDArray[numpy.float32], boxes: numpy.typing.NDArray[numpy.int32], batch: numpy.typing.NDArray[numpy.float32]) -> None:
    ...
def cut_crops(whole: numpy.typing.NDArray[numpy.float32], patches: numpy.typing.NDArray[numpy.float32], origins: numpy.typing.NDArray[numpy.int32], pasted: numpy.typing.NDArray[numpy.int32], starts: numpy.typing.NDArray[numpy.int32], fill: typing.SupportsFloat | typing.SupportsIndex, crops: numpy.typing.NDArray[numpy.float32]) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.int8], resized: numpy.typing.NDArray[numpy.int8], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.uint8], resized: numpy.typing.NDArray[numpy.uint8], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.int16], resized: numpy.typing.NDArray[numpy.int16], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.uint16], resized: numpy.typing.NDArray[numpy.uint16], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.int32], resized: numpy.typing.NDArray[numpy.int32], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.uint32], resized: numpy.typing.NDArray[numpy.uint32], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.float32], resized: numpy.typing.NDArray[numpy.float32], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
@typing.overload
def imresize(image: numpy.typing.NDArray[numpy.float64], resized: numpy.typing.NDArray[numpy.float64], row_scale: typing.SupportsFloat | typing.SupportsIndex, col_scale: typing.SupportsFloat | typing.SupportsIndex, method: str, antialiasing: bool, threads: typing.SupportsInt | typing.SupportsIndex) -> None:
    ...
