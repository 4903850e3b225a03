// The deleter for objects of C libraries: std::unique_ptr<BIO, Freed<BIO_free_all>>.
//
// Ownership: the pointer's. Thread-safety: as the library's function. Errors: none.
#ifndef TOMBOLO_GATEWAY_BASE_FREED_H_
#define TOMBOLO_GATEWAY_BASE_FREED_H_

namespace tombolo {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

}  // namespace tombolo

#endif  // TOMBOLO_GATEWAY_BASE_FREED_H_
