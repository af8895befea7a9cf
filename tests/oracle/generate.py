"""Seeded random cases: of each seed a query shape, its SQL, its inputs, and the model of its results."""
import random

import aggregate_shapes as a
import chain_shapes as c
import flink_shapes
import join_shapes as j
from case import Case
from flink_case import FlinkCase

SHAPES = {f.__name__: f for f in (
    a.stream_aggregate, a.windowed_aggregate, a.final_aggregate, a.table_aggregate, a.table_filter, a.stream_filter,
    a.partition_by, j.stream_table_join, j.table_table_join, j.foreign_key_join, j.stream_stream_join,
    j.three_way_join, j.aggregate_of_join, c.aggregate_over_filter, c.aggregate_over_aggregate, c.aggregate_over_changes,
    c.chain, c.aggregate_over_join_over_aggregate, c.windowed_source, c.insert_into)}


FLINK_SHAPES = {f.__name__: f for f in flink_shapes.SHAPES}


def make_case(seed, shape, mode, dialect):
    if dialect == 'flink' or shape in FLINK_SHAPES:
        shape = shape or random.Random(f'shape {seed}').choice(list(FLINK_SHAPES) + ['relational'] * 4)
        return FlinkCase(seed, shape, FLINK_SHAPES[shape], mode)
    shape = shape or random.Random(f'shape {seed}').choice(list(SHAPES))
    return Case(seed, shape, SHAPES[shape])
