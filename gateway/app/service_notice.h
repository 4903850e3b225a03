// Tells the service manager (systemd, Type=notify) how the program stands: sd_notify(3)'s datagram
// without its library.
//
// Ownership: none. Thread-safety: any thread. Errors: none; without a manager nothing is sent.
#ifndef TOMBOLO_GATEWAY_APP_SERVICE_NOTICE_H_
#define TOMBOLO_GATEWAY_APP_SERVICE_NOTICE_H_

#include <string_view>

namespace tombolo::app {

// "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=words"; several on lines of their own.
void TellServiceManager(std::string_view state);

}  // namespace tombolo::app

#endif  // TOMBOLO_GATEWAY_APP_SERVICE_NOTICE_H_
