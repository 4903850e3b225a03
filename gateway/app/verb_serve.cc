// tombolo serve.
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "gateway/app/cli.h"
#include "gateway/app/serve.h"

namespace tombolo::app {
namespace {

// Signals as something to wait for, in no thread's way.
StatusOr<int> WatchSignals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int one : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&wanted, one);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  const int descriptor = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) return MakeError(Code::IO_ERROR, "signals cannot be waited for");
  return descriptor;
}

Status RunServe(const Session& session) {
  ASSIGN_OR_RETURN(const int signals, WatchSignals());
  StatusOr<std::unique_ptr<Serving>> serving = Serving::Open(session.node);
  const Status status = serving.ok() ? (*serving)->Run(signals) : serving.status();
  ::close(signals);
  return status;
}

}  // namespace

void AddServeVerbs(CLI::App* app, Session* session) {
  CLI::App* serve = AddVerb(
      app, session, "serve", "Exchange records with other nodes",
      "Listens for peers and calls those that node.yaml names, until it is told to stop. Wants in "
      "the node's folder a section `serve` in node.yaml, tls/chain.pem and tls/key.pem, the "
      "federation's documents in federation/, and policy/ for what is not open to the public. "
      "SIGHUP takes certificate, key and documents anew, SIGTERM ends in order; health, readiness "
      "and metrics are on a listener for this machine (/healthz, /readyz, /metrics). Writes what "
      "it "
      "does to standard error, a line of JSON each.",
      "tombolo serve --node my-city", [session] { return RunServe(*session); });
  AddNodeOption(serve, session);
}

}  // namespace tombolo::app
