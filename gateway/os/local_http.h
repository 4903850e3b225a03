// One plain HTTP request to a server on this machine: for the commands that ask the running node.
//
// Numbers only in `address` ("127.0.0.1:9464"), so that no name is looked up; the answer must come
// whole within the deadline and close the connection. Ownership: results own their bytes.
// Thread-safety: any thread. Errors: NOT_FOUND (nobody listens), INVALID_ARGUMENT (no address),
// DEADLINE_EXCEEDED, LIMIT_EXCEEDED, HTTP_MALFORMED (no answer with status 200), IO_ERROR.
#ifndef TOMBOLO_GATEWAY_OS_LOCAL_HTTP_H_
#define TOMBOLO_GATEWAY_OS_LOCAL_HTTP_H_

#include <string>

#include "gateway/base/error.h"

namespace tombolo::os {

// The body of the answer to GET `path`, at most limits::kHttpBodyBytesMax.
StatusOr<std::string> GetLocal(const std::string& address, const std::string& path,
                               int deadline_ms);

}  // namespace tombolo::os

#endif  // TOMBOLO_GATEWAY_OS_LOCAL_HTTP_H_
