#include "storage/store_lock.h"

#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <string_view>
#include <system_error>
#include <thread>

#include "pharox/errors.h"
#include "pharox/time.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;

struct Holder {
  pid_t pid = 0;
  std::string name;
  std::string since;

  std::string text() const { return "pid " + std::to_string(pid) + " (" + name + ")"; }
};

std::string own_name() {
  std::string name = program_invocation_short_name;
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  }
  return name.substr(0, 64);
}

// "pid name start", where only the name may contain spaces.
std::optional<Holder> parse_holder(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;  // not written, or not wholly
  text.remove_suffix(1);
  const std::size_t first = text.find(' ');
  const std::size_t last = text.rfind(' ');
  if (first == text.npos || first == last) return std::nullopt;
  Holder holder;
  const auto parsed = std::from_chars(text.data(), text.data() + first, holder.pid);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + first) return std::nullopt;
  holder.name = text.substr(first + 1, last - first - 1);
  holder.since = text.substr(last + 1);
  return holder;
}

std::optional<Holder> read_holder(int file) {
  char text[256];
  const ssize_t size = ::pread(file, text, sizeof text, 0);
  if (size <= 0) return std::nullopt;
  return parse_holder({text, static_cast<std::size_t>(size)});
}

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

// Between taking the lock and writing its name the holder cannot be known: the text is then empty,
// or that of one that died. A moment later it is there. A pid that stays unknown is one of another
// pid namespace, and still the best name there is.
std::optional<Holder> await_holder(int file) {
  std::optional<Holder> holder;
  for (int tries = 0; tries < 20; ++tries) {
    holder = read_holder(file);
    if (holder && is_alive(holder->pid)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return holder;
}

std::string describe_refusal(const fs::path& folder, const std::optional<Holder>& holder) {
  const std::string what = "cannot open the store " + folder.string() + ": ";
  if (!holder) return what + "another process has the store open";
  const std::string who = holder->pid == ::getpid() ? "this process" : holder->text();
  return what + who + " has the store open since " + holder->since;
}

struct flock whole_file(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

[[noreturn]] void fail(std::string_view action, const fs::path& folder) {
  const std::error_code why(errno, std::generic_category());
  throw StorageError("cannot " + std::string(action) + " " + (folder / "LOCK").string() + ": " +
                     why.message());
}

}  // namespace

StoreLock::StoreLock(const fs::path& folder)
    : file_(::open((folder / "LOCK").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (!file_.is_open()) fail("open", folder);
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) fail("lock", folder);
    throw StoreLockedError(describe_refusal(folder, await_holder(file_.get())));
  }
  const std::string text =
      std::to_string(::getpid()) + " " + own_name() + " " + to_string(utc_now()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    fail("write", folder);
  }
}

StoreLock::~StoreLock() {
  // In a fork()ed child the description, and so the lock, is its parent's too; the text is as well.
  // Nothing can be done about a failure, and nothing depends on it.
  const std::optional<Holder> holder = read_holder(file_.get());
  if (holder && holder->pid == ::getpid()) {
    [[maybe_unused]] const int ignored = ::ftruncate(file_.get(), 0);
  }
}

std::optional<std::string> StoreLock::holder(const fs::path& folder) {
  const FileDescriptor file(::open((folder / "LOCK").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  struct flock lock = whole_file(F_RDLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  const std::optional<Holder> holder = await_holder(file.get());
  return holder ? holder->text() : "another process";
}

}  // namespace pharox::storage
