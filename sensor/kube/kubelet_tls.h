// SPDX-License-Identifier: Apache-2.0
// Which kubelet's certificate is believed, and with what we show who we are.
#ifndef NAMEWARD_KUBE_KUBELET_TLS_H_
#define NAMEWARD_KUBE_KUBELET_TLS_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "kube/kubelet_client.h"

struct ssl_ctx_st;         // OpenSSL's SSL_CTX
struct x509_st;            // and X509
struct x509_store_ctx_st;  // and X509_STORE_CTX

namespace nameward {

// Judges the certificate of one connection, within the handshake.
class KubeletTrust {
 public:
  // Of the one that `options` name and that listens at `address`.
  KubeletTrust(const KubeletOptions& options, const IpAddress& address)
      : options_(options), address_(address) {}
  KubeletTrust(const KubeletTrust&) = delete;
  KubeletTrust& operator=(const KubeletTrust&) = delete;
  ~KubeletTrust();

  // Reads the files and makes `context` ask this object, which must outlive
  // it.  Fails if a file can't be read or holds something else.
  Status Install(ssl_ctx_st* context);
  // Why the certificate was refused; empty: it was not.
  const std::string& refusal() const { return refusal_; }

 private:
  static int OnCertificate(x509_store_ctx_st* chain, void* self);
  Status ReadCa(ssl_ctx_st* context);
  Status ReadPinned();
  Status ReadOwnCertificate(ssl_ctx_st* context);
  std::string Judge(x509_store_ctx_st* chain);
  std::string JudgeName(x509_st* certificate) const;

  const KubeletOptions& options_;
  const IpAddress address_;
  std::vector<x509_st*> pinned_;
  std::string refusal_;
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_KUBELET_TLS_H_
