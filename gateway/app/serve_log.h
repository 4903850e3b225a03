// What a server says of itself: JSON lines on standard error, one function, closed lists of events
// and of names.
//
// No value of a record has a name here, and there is no field for free text that comes from a peer:
// what a peer did wrong is told by its code. serve_log_test walks the schemas to show it.
// Ownership: none. Thread-safety: any thread. Errors: CONFIG_VALUE (level).
#ifndef TOMBOLO_GATEWAY_APP_SERVE_LOG_H_
#define TOMBOLO_GATEWAY_APP_SERVE_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/error.h"

namespace tombolo::app {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

enum class LogEvent {
  kReady,          // serving
  kReloaded,       // certificate, key and documents were read again
  kReloadFailed,   // one of them could not be used; the old one holds
  kStopping,       // asked to
  kStopped,        // in order
  kFailed,         // the server ends
  kSessionOpened,  // with a peer
  kSessionClosed,
  kRefused,   // a connection or request that did not become what it wanted
  kAnswered,  // a single request
  kExchange,  // a remark of the exchange, in fixed words
};

// The fields that a line may have.
enum class LogName {
  kNode,        // SPIFFE ID of this node
  kPeer,        // SPIFFE ID of a member
  kSession,     // number of the connection
  kTrace,       // traceparent of a request
  kCode,        // "outcome": of errors.def, or OK
  kHttpStatus,  // of an answer
  kTarget,      // of a request, without its query
  kRemark,      // fixed words of the program
  kAdvice,      // message of an error in this node's own files or settings
  kListenPort,  // where peers are heard
  kLocalPort,   // where health is asked
  kStartMs,     // from start to ready
  kDialled,     // 1: this node opened the session
};

struct LogField {
  LogField(LogName field, std::string_view value) : name(field), text(value), is_text(true) {}
  LogField(LogName field, const char* value) : LogField(field, std::string_view(value)) {}
  LogField(LogName field, const std::string& value) : LogField(field, std::string_view(value)) {}
  LogField(LogName field, int64_t value) : name(field), number(value), is_text(false) {}
  LogName name;
  std::string text;
  int64_t number = 0;
  bool is_text;
};

// `level`: debug, info, warn, error, or empty for info. Until then nothing is written.
Status OpenLog(const std::string& level);
void Log(LogLevel level, LogEvent event, std::initializer_list<LogField> fields);

// The members of a line's object after its moment and level.
std::string LogMembers(LogEvent event, std::initializer_list<LogField> fields);
std::vector<std::string_view> LogNames();

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_SERVE_LOG_H_
