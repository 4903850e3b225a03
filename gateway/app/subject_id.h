// A subject as people name it on the command line.
//
// Ownership: plain values. Thread-safety: one thread. Errors: INVALID_ARGUMENT, SCHEME_UNKNOWN, and
// the scheme's own for a value that it refuses.
#ifndef TOMBOLO_GATEWAY_APP_SUBJECT_ID_H_
#define TOMBOLO_GATEWAY_APP_SUBJECT_ID_H_

#include <string>

#include "gateway/app/node_folder.h"
#include "gateway/base/error.h"

namespace tombolo::app {

struct SubjectId {
  std::string scheme, value;  // in normal form
};
// SCHEME:VALUE, by whichever profile knows the scheme.
StatusOr<SubjectId> ParseSubjectId(const v1::NodeConfig& config, const std::string& text);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_SUBJECT_ID_H_
