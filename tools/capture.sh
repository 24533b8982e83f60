#!/bin/sh
# Everything irqspace's reading commands need of this machine, in one tarball, for hosts without Node.
# The same as `irqspace capture`. Reads only; the one file it writes is the tarball (and a temporary folder).
# POSIX sh: dash and busybox ash run it. As root it sees more (debugfs, and on some kernels /proc/irq).
set -u
LC_ALL=C
export LC_ALL

usage='usage: sh capture.sh [-r ROOT] [OUT.tar.gz]
Writes what irqspace needs to see of a machine to OUT (default irqspace-capture.tar.gz; .tar, .tgz work too).
  -r ROOT   the machine files are below ROOT instead of /
  -h        this text'

fail() {
  printf 'capture.sh: %s\n' "$1" >&2
  exit 2
}

# The lines of src/host/capture-list.ts; a test compares them.
files='
proc/interrupts
proc/softirqs
proc/stat
proc/uptime
proc/version
proc/version_signature
proc/cmdline
proc/cpuinfo
proc/modules
proc/config.gz
proc/sys/abi/vsyscall32
proc/sys/kernel/osrelease
proc/sys/kernel/version
proc/irq/default_smp_affinity
proc/irq/[0-9]*/smp_affinity
proc/irq/[0-9]*/smp_affinity_list
proc/irq/[0-9]*/effective_affinity
proc/irq/[0-9]*/effective_affinity_list
proc/irq/[0-9]*/affinity_hint
proc/irq/[0-9]*/node
proc/irq/[0-9]*/spurious
boot/config-RELEASE
sys/kernel/irq/[0-9]*/*
sys/kernel/debug/irq/domains/*
sys/kernel/debug/irq/irqs/*
sys/bus/pci/devices/*/vendor
sys/bus/pci/devices/*/device
sys/bus/pci/devices/*/class
sys/bus/pci/devices/*/subsystem_vendor
sys/bus/pci/devices/*/subsystem_device
sys/bus/pci/devices/*/revision
sys/bus/pci/devices/*/numa_node
sys/bus/pci/devices/*/local_cpulist
sys/bus/pci/devices/*/irq
sys/bus/pci/devices/*/enable
sys/bus/pci/devices/*/msi_bus
sys/bus/pci/devices/*/msi_irqs/*
sys/bus/pci/devices/*/sriov_numvfs
sys/bus/pci/devices/*/sriov_totalvfs
sys/devices/system/cpu/online
sys/devices/system/cpu/offline
sys/devices/system/cpu/possible
sys/devices/system/cpu/present
sys/devices/system/cpu/isolated
sys/devices/system/cpu/nohz_full
sys/devices/system/cpu/kernel_max
sys/devices/system/cpu/cpu[0-9]*/online
sys/devices/system/cpu/cpu[0-9]*/topology/*
sys/devices/system/node/online
sys/devices/system/node/possible
sys/devices/system/node/node[0-9]*/cpulist
sys/devices/system/node/node[0-9]*/distance
sys/class/net/*/operstate
sys/block/*/mq/*/cpu_list
'
links='
sys/bus/pci/devices/*/driver
sys/class/net/*/device
sys/block/*/device
sys/devices/system/cpu/cpu[0-9]*/node[0-9]*
'

root=/
while getopts r:h option; do
  case $option in
    r) root=$OPTARG ;;
    h) printf '%s\n' "$usage"; exit 0 ;;
    *) printf '%s\n' "$usage" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || { printf '%s\n' "$usage" >&2; exit 2; }
out=${1-irqspace-capture.tar.gz}

case $out in
  /* | ./* | ../*) ;;
  *) out=./$out ;; # a name that starts with a dash is no option
esac
shown=${out#./}
case ${out##*/} in
  ?*.tar | ?*.tar.gz | ?*.tgz) ;;
  *) fail "$shown: expected a name that ends in .tar.gz, .tgz or .tar" ;;
esac
outdir=${out%/*}/
[ -d "$outdir" ] || fail "$shown: cannot be written: no such directory"
[ -w "$outdir" ] || fail "$shown: cannot be written: permission denied"
if [ -e "$out" ] || [ -L "$out" ]; then fail "$shown: exists already: not overwritten"; fi
case $out in
  /*) ;;
  *) out=$(pwd -P)/$out outdir=$(pwd -P)/$outdir ;;
esac

cd -P -- "$root" 2>/dev/null || fail "$root: cannot be read: no such directory, or no permission"
root=$PWD
if [ ! -e proc/interrupts ] && [ ! -e sys/kernel/debug/irq/domains/VECTOR ] &&
  [ ! -e proc/irq ] && [ ! -e sys/kernel/irq ]; then
  fail "$root: nothing of a machine in this directory; looked for proc/interrupts, sys/kernel/debug/irq/domains/VECTOR, proc/irq, sys/kernel/irq"
fi

# The kernel's own file modes: on the machine itself, or from a capture that kept them.
modes=false
if [ "$root" = / ]; then
  modes=true
elif [ -f irqspace-capture.json ]; then
  case $(cat irqspace-capture.json) in
    *'"irqspaceCapture":1,'*'"modes":true'*) modes=true ;;
  esac
fi

umask_before=$(umask)
umask 077
work= temporary=
trap 'cd /; rm -rf ${work:+"$work"} ${temporary:+"$temporary"}' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
case ${TMPDIR:-} in /*) ;; *) TMPDIR=/tmp ;; esac
work=$(mktemp -d "$TMPDIR/irqspace.XXXXXX") || fail "$TMPDIR: no temporary folder could be made"
stage=$work/root
mkdir "$stage" || fail "$stage: cannot be written"

count=0
skipped=0

# Below a ROOT that is no running machine: a folder reached through a link that leaves ROOT is not read.
last_inside=
inside() {
  [ "$root" = / ] && return 0
  [ "$1" = "$last_inside" ] && return 0
  here=
  cd -P -- "$root/$1" 2>/dev/null && here=$PWD
  cd -P -- "$root" || exit 2
  case $here/ in
    "$root"/*) last_inside=$1 ;;
    *) return 1 ;;
  esac
}

make_folder() {
  # 755 whatever the umask of the moment is
  [ -d "$stage/$1" ] || (umask 022 && mkdir -p "$stage/$1") 2>/dev/null || fail "$stage: cannot be written"
}

# `-rw-r--r--` to 644 (in $octal) and its complement 133, the umask that creates a file so (in $mask).
octal_of() {
  rest=${1#?} octal= mask=
  for _ in u g o; do
    digit=0
    case $rest in r*) digit=4 ;; esac
    rest=${rest#?}
    case $rest in w*) digit=$((digit + 2)) ;; esac
    rest=${rest#?}
    case $rest in [xst]*) digit=$((digit + 1)) ;; esac
    rest=${rest#?}
    octal=$octal$digit mask=$mask$((7 - digit))
  done
}

# Copies file $2, whose line of `ls -l` begins with $1. tar cannot pack /proc as it is: the sizes there are 0.
copy_file() {
  case $1 in -*) ;; *) return 0 ;; esac
  folder=${2%/*}
  inside "$folder" || return 0
  if [ "$root" != / ] && [ -L "$2" ]; then return 0; fi
  make_folder "$folder"
  octal_of "$1"
  umask "$mask"
  if { cat <"$2" >"$stage/$2"; } 2>/dev/null; then
    count=$((count + 1))
    case $octal in *[1357]*) chmod "$octal" "$stage/$2" ;; esac
  else
    # A kernel file may refuse to be read; a full disk is another matter.
    rm -f "$stage/$2"
    umask 077
    { printf '%s' "$1" >"$work/probe"; } 2>/dev/null || fail "$work: cannot be written"
    skipped=$((skipped + 1))
  fi
  umask 077
}

# Copies files with plain names. One `ls` for many, because a big machine has ten thousand files.
copy_files() {
  [ $# -gt 0 ] || return 0
  while read -r perm _ _ _ _ _ _ _ name; do
    [ -z "$name" ] || copy_file "$perm" "$name"
  done <<END
$(ls -ldnL -- "$@" 2>/dev/null)
END
}

# Copies all that a pattern matches.
copy_pattern() {
  pattern=$1
  set --
  # Field splitting is off: only the pattern is expanded.
  IFS=
  for path in $pattern; do
    unset IFS
    [ -e "$path" ] || continue
    case $path in
      # Some `ls` print names with other characters differently.
      *[!A-Za-z0-9._:/@+=,!#%-]*) copy_file "$(ls -ldnL -- "$path" 2>/dev/null)" "$path" ;;
      *) set -- "$@" "$path" ;;
    esac
    [ $# -lt 400 ] || { copy_files "$@"; set --; }
  done
  unset IFS
  copy_files "$@"
}

copy_links() {
  for path in $1; do
    [ -L "$path" ] || continue
    folder=${path%/*}
    inside "$folder" || continue
    target=$(readlink "$path") || continue
    while :; do case $target in ?*/) target=${target%/} ;; *) break ;; esac; done
    make_folder "$folder"
    ln -s "${target##*/}" "$stage/$path" && count=$((count + 1))
  done
}

release=
if [ -r proc/version ]; then
  read -r _ _ release _ <proc/version || :
elif [ -r proc/sys/kernel/osrelease ]; then
  read -r release _ <proc/sys/kernel/osrelease || :
fi
case $release in *[!A-Za-z0-9._+~-]*) release= ;; esac

set -f # the lists are split into patterns, not expanded yet
for pattern in $files; do
  case $pattern in
    *RELEASE) [ -n "$release" ] || continue; pattern=${pattern%RELEASE}$release ;;
  esac
  set +f
  copy_pattern "$pattern"
done
set -f
for pattern in $links; do
  set +f
  copy_links "$pattern"
done
set +f

umask 022
printf '{"irqspaceCapture":1,"modes":%s,"tool":"capture.sh"}\n' "$modes" >"$stage/irqspace-capture.json" ||
  fail "$stage: cannot be written"

# A GNU tar can leave out times and owners; others just pack.
cd "$stage" || exit 2
plain='--format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0'
tar -cf /dev/null $plain irqspace-capture.json 2>/dev/null || plain=

umask 077
failed="$shown: cannot be written"
temporary=$(mktemp "${outdir}.irqspace.XXXXXX" 2>/dev/null) || fail "$failed"
# Not a pipe: its exit status would be gzip's alone.
case $out in
  *.tar) tar -cf - $plain -- * >"$temporary" 2>/dev/null || fail "$failed" ;;
  *)
    tar -cf "$work/plain.tar" $plain -- * 2>/dev/null || fail "$work: cannot be written"
    gzip -9 -c <"$work/plain.tar" >"$temporary" 2>/dev/null || fail "$failed"
    ;;
esac
umask "$umask_before"
chmod =rw "$temporary"
if [ -e "$out" ]; then fail "$shown: exists already: not overwritten"; fi
mv "$temporary" "$out" || fail "$failed"
temporary=
left=
[ "$skipped" -eq 0 ] || left=", $skipped could not be read"
printf 'capture.sh: %s: %s files%s\n' "$shown" "$count" "$left" >&2
