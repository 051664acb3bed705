"""Configurations in keepalived's language that between them use all of it."""

from typing import Final

PAIR: Final = """\
! two load balancers
global_defs {
    router_id lb1
    script_user nobody nogroup
    enable_script_security
    vrrp_version 2
}

vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy" # is it there?
    interval 2
    timeout 1.5
    weight -20 reverse
    rise 2
    fall 3
}

vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 101
    advert_int 1
    nopreempt
    authentication {
        auth_type PASS
        auth_pass geheim88
    }
    virtual_ipaddress {
        192.168.1.100/24 brd + dev eth0 scope global label eth0:1
        192.168.1.101
    }
    track_script {
        chk_haproxy weight -30
    }
    notify_master "/etc/keepalived/notify.sh 'to master' \\x41" nobody
    notify /etc/keepalived/notify.sh
}
"""

LANGUAGE: Final = """\
@a $IF=eth0
@^a $IF=eth1
$NUM=7
$VIPS= \\
    10.0.0.1 \\
    10.0.0.2 dev ${IF}
$INSTANCE= \\
vrrp_instance V_$NUM { \\
    interface $IF \\
    virtual_router_id $NUM \\
    priority ${_RANDOM 10 20} \\
    virtual_ipaddress { \\
        $VIPS \\
        ~SEQ(A, 1, 3) 10.1.0.$A \\
    } \\
}
$INSTANCE
$NUM=8
$INSTANCE
vrrp_instance V_9 { interface eth1
    virtual_router_id 9
    virtual_ipaddress {
      ~LST({A,B},{1,2},{3,4}) 10.$A.$B.1
      ~SEQx(X,9,2,15) 10.9.9.$X
      ~SEQ(A,2) ~LST(B,5,6) 10.3.$A.$B
    }
    notify "${_PWD}/n.sh ${_ENV HOME} ${_HASH} \\# !"
}
include /etc/keepalived/*.conf
includea "{a,b}*.conf"
include_check +read -match
"""

WHOLE: Final = """\
net_namespace blue
instance one
use_pid_dir
child_wait_time 7
global_defs {
    notification_email { root@localhost
        admin@localhost }
    smtp_server 127.0.0.1 25
    smtp_alert on
    notify_fifo /run/n.fifo root
    vrrp_notify_fifo_script "/bin/cat /dev/null"
    dynamic_interfaces allow_if_changes
    vrrp_garp_interval 0.001
    vrrp_garp_extra_if all 10
    vrrp_strict no
    umask IRUSR|IWGRP
    lvs_flush
    vrrp_cpu_affinity 1 2
    nftables filter
    reload_check_config /tmp/log
}
track_file tf { file /run/tf
    weight 2
    init_file 5 overwrite
}
vrrp_track_process tp {
    process nginx -g daemon
    param_match initial
    quorum 2
    quorum_max 5
    delay 0.5
    weight 5
}
bfd_instance b { neighbor_ip 10.0.0.9
    source_ip 10.0.0.8
    min_rx 20
    weight -5 reverse
}
vrrp_instance A {
    interface eth0
    virtual_router_id 1
    version 3
    advert_int 0.05
    priority 255
    unicast_src_ip 10.0.0.1
    unicast_peer { 10.0.0.2 min_ttl 250 max_ttl 255
        10.0.0.3
    }
    virtual_ipaddress { 10.0.0.100 }
    virtual_ipaddress_excluded { fe80::5/64 preferred_lft 0 -nodad }
    virtual_routes { default via 10.0.0.254 dev eth0 metric 5 no_track }
    virtual_rules { from 10.0.0.100 table 5 priority 100 }
    use_vmac vrrp.1 00:00:5e:00:01:01 group 2
    track_file { tf weight 1 }
    track_process { tp }
    track_interface { eth1 weight -10
        eth2 }
    auth_hmac { key 1 hex:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
        active_key 1 }
    garp_master_delay 1
    notify_deleted
    smtp_alert
}
vrrp_instance B { interface eth1
    virtual_router_id 2
    virtual_ipaddress { 2001:db8::1/64 }
    state MASTER
}
vrrp_sync_group G {
    group { A
        B }
    track_interface { eth3 }
    notify_master /bin/true
    sync_group_tracking_weight
}
track_group T { group { A } }
static_ipaddress { 10.5.0.1/24 dev eth0 track_group T }
static_routes { 10.6.0.0/16 via 10.5.0.2 }
static_rules { from 10.5.0.1 table 7 preference 9 }
garp_group { garp_interval 0.5
    interfaces { eth0 eth1 } }
linkbeat_interfaces { eth0 MII }
interface_up_down_delays { eth0 1.5 2 }
virtual_server 10.0.0.100 80 {
    delay_loop 6
    lb_algo rr
    lb_kind NAT
    protocol TCP
    quorum 1
    real_server 10.0.0.50 80 { weight 1
        HTTP_GET { url { path /
            status_code 200 }
            connect_timeout 3 }
        MISC_CHECK { misc_path "/bin/true" } }
}
"""

SEEDS: Final = (PAIR, LANGUAGE, WHOLE)
"""What the fuzzer starts from."""
