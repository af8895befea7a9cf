/* proto_descriptor.h - protobuf schemas as descriptors, which some clients register instead of a
 * .proto text: a google.protobuf.FileDescriptorProto in base64. Private to executor/format and the
 * schema registry.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_PROTO_DESCRIPTOR_H
#define SLUICE_EXECUTOR_FORMAT_PROTO_DESCRIPTOR_H

#include "base/buffer.h"
#include "base/slice.h"

/* Appends the .proto text that a descriptor stands for. False, with nothing appended, when the text
 * is no descriptor (it is a .proto text, then). */
bool proto_descriptor_text(slice text, buffer *out);

#endif
