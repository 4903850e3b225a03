// A message type with every kind of field, made at run time so that no schema of the product serves
// only tests.
//
// Ownership: the pool and factory live to the end of the program. Thread-safety: as protobuf's.
// Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_CONFIG_ANY_MESSAGE_H_
#define TOMBOLO_TESTS_UNIT_CONFIG_ANY_MESSAGE_H_

#include <google/protobuf/message.h>

#include <memory>

namespace tombolo::config {

// Empty message "Any" with the fields of any_message.cc.
std::unique_ptr<google::protobuf::Message> NewAny();

}  // namespace tombolo::config

#endif  // TOMBOLO_TESTS_UNIT_CONFIG_ANY_MESSAGE_H_
