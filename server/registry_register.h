/* registry_register.h - what the embedded schema registry does with schemas. Private to server/.
 *
 * Functions give 0, or the error code that the registry's REST API has for what went wrong (40401,
 * 42201, 409, ...), with the message in the error. They take the registry's lock.
 */
#ifndef SLUICE_SERVER_REGISTRY_REGISTER_H
#define SLUICE_SERVER_REGISTRY_REGISTER_H

#include "server/registry_store.h"

enum {
    REGISTRY_INCOMPATIBLE = 409,
    REGISTRY_NO_SUBJECT = 40401,
    REGISTRY_NO_VERSION = 40402,
    REGISTRY_NO_SCHEMA = 40403,
    REGISTRY_SUBJECT_IS_DELETED = 40404,
    REGISTRY_SUBJECT_NOT_DELETED = 40405,
    REGISTRY_VERSION_IS_DELETED = 40406,
    REGISTRY_VERSION_NOT_DELETED = 40407,
    REGISTRY_NO_LEVEL = 40408,
    REGISTRY_NO_MODE = 40409,
    REGISTRY_BAD_SCHEMA = 42201,
    REGISTRY_BAD_VERSION = 42202,
    REGISTRY_BAD_LEVEL = 42203,
    REGISTRY_BAD_MODE = 42204,
    REGISTRY_WRONG_MODE = 42205,
    REGISTRY_IS_REFERENCED = 42206,
    REGISTRY_ID_IS_TAKEN = 42207,
    REGISTRY_BROKEN = 50001,
};

/* Any version number that is meant to be the latest. */
enum { REGISTRY_LATEST = -1 };

/* Fills in what follows from type, schema and references: how they are stored, the identity.
 * References get the numbers of the versions that they mean. */
int registry_prepare(embedded_registry *r, arena *a, registry_version *schema, error *e);
/* The text with members in order, so that it equals that of any schema that means the same. */
int registry_normalize(embedded_registry *r, arena *a, registry_version *schema, error *e);
/* Registers a prepared schema under its subject, unless the level of compatibility or the mode
 * forbids. In mode IMPORT it takes the id and version that are given. */
int registry_register(
    embedded_registry *r, arena *a, registry_version *schema, slice level, error *e);
/* The version, which may be REGISTRY_LATEST. */
int registry_find(embedded_registry *r, slice subject, int32_t version, bool deleted, arena *a,
    registry_version *out, error *e);
/* Whether a prepared schema may follow the versions before[0..count). 0, or REGISTRY_INCOMPATIBLE
 * with the reason. */
int registry_check(embedded_registry *r, arena *a, const registry_version *schema, slice level,
    const registry_version *before, int count, error *e);
/* The level that was set for a subject, or for all, or the one given. */
slice registry_effective_level(
    embedded_registry *r, slice subject, const char *otherwise, arena *a);
/* READWRITE, READONLY, READONLY_OVERRIDE, IMPORT (any case): the upper-case constant, or the NULL
 * slice. */
slice registry_mode_find(slice name);
/* The mode of a subject: its own, or that of all. */
slice registry_effective_mode(embedded_registry *r, slice subject, arena *a);
/* IMPORT is for subjects without schemas, unless `force`. */
int registry_change_mode(
    embedded_registry *r, slice subject, slice mode, bool force, arena *a, error *e);
/* The text without references. */
int registry_resolved(
    embedded_registry *r, const registry_version *schema, arena *a, slice *resolved, error *e);
/* Whether a version that is not deleted refers to that version; then `by` is its schema's id. With
 * `ids` it lists all of them. */
int registry_referrers(
    embedded_registry *r, slice subject, int32_t version, arena *a, int32_t **ids);
/* Deletes a version, or with version 0 all of the subject; fills the numbers of what was deleted.
 */
int registry_delete(embedded_registry *r, slice subject, int32_t version, bool permanent, arena *a,
    int32_t **deleted, int *count, error *e);

#endif
