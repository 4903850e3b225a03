#include "gateway/app/serve_log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::app {
namespace {

// Set by OpenLog before any thread is started.
std::shared_ptr<spdlog::logger>& TheLog() {
  static std::shared_ptr<spdlog::logger> log;
  return log;
}

std::string_view EventName(LogEvent event) {
  switch (event) {
    case LogEvent::kReady:
      return "ready";
    case LogEvent::kReloaded:
      return "reloaded";
    case LogEvent::kReloadFailed:
      return "reload_failed";
    case LogEvent::kStopping:
      return "stopping";
    case LogEvent::kStopped:
      return "stopped";
    case LogEvent::kFailed:
      return "failed";
    case LogEvent::kSessionOpened:
      return "session_opened";
    case LogEvent::kSessionClosed:
      return "session_closed";
    case LogEvent::kRefused:
      return "refused";
    case LogEvent::kAnswered:
      return "answered";
    case LogEvent::kExchange:
      return "exchange";
  }
  return "unknown";
}

// In the order of LogName.
constexpr std::string_view kNames[] = {
    "node",   "peer",   "session",     "trace",      "outcome",  "http_status", "target",
    "remark", "advice", "listen_port", "local_port", "start_ms", "dialled"};

std::string_view NameText(LogName name) { return kNames[static_cast<size_t>(name)]; }

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Status OpenLog(const std::string& level) {
  spdlog::level::level_enum least = spdlog::level::info;
  if (level == "debug") {
    least = spdlog::level::debug;
  } else if (level == "warn") {
    least = spdlog::level::warn;
  } else if (level == "error") {
    least = spdlog::level::err;
  } else if (!level.empty() && level != "info") {
    return MakeError(Code::CONFIG_VALUE,
                     "serve.log_level is '" + level + "'; take debug, info, warn or error");
  }
  auto log =
      std::make_shared<spdlog::logger>("serve", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "{\"at\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}", spdlog::pattern_time_type::utc));
  log->set_level(least);
  log->flush_on(spdlog::level::debug);
  TheLog() = std::move(log);
  return absl::OkStatus();
}

std::string LogMembers(LogEvent event, std::initializer_list<LogField> fields) {
  std::string line = absl::StrCat("\"event\":\"", ToAbsl(EventName(event)), "\"");
  for (const LogField& field : fields) {
    absl::StrAppend(&line, ",\"", ToAbsl(NameText(field.name)), "\":");
    if (field.is_text) {
      absl::StrAppend(&line, JsonQuote(field.text));
    } else {
      absl::StrAppend(&line, field.number);
    }
  }
  return line;
}

void Log(LogLevel level, LogEvent event, std::initializer_list<LogField> fields) {
  const std::shared_ptr<spdlog::logger>& log = TheLog();
  if (log == nullptr || !log->should_log(LevelOf(level))) return;
  log->log(LevelOf(level), spdlog::string_view_t(LogMembers(event, fields)));
}

std::vector<std::string_view> LogNames() { return {std::begin(kNames), std::end(kNames)}; }

}  // namespace tombolo::app
